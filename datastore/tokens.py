"""Tokens: the keys to the API. A secret's hash is kept, never the secret."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import bindparam, delete, insert, or_, select, update

from datastore.database import Database
from datastore.direct import fetch
from datastore.pages import page
from datastore.rows import AnyRow
from datastore.schema import tokens, users, workers
from dpip.domain import Caller, Role, Scope, Token
from dpip.ports import Page

_FIND_CALLER = (
    select(
        tokens.c.id.label("token_id"),
        tokens.c.scope,
        users.c.id.label("user_id"),
        users.c.name.label("user_name"),
        users.c.role,
        workers.c.id.label("worker_id"),
        workers.c.name.label("worker_name"),
    )
    .select_from(
        tokens.outerjoin(users, users.c.id == tokens.c.user_id).outerjoin(
            workers, workers.c.id == tokens.c.worker_id
        )
    )
    .where(
        tokens.c.hash == bindparam("hash"),
        tokens.c.expires_at > bindparam("now"),
        or_(users.c.id.is_(None), users.c.disabled.is_(False)),
    )
)
_NEWEST_FIRST = (
    select(tokens)
    .where(tokens.c.user_id == bindparam("user_id"), tokens.c.expires_at > bindparam("now"))
    .order_by(tokens.c.id.desc())
)
_NOTE_USE = update(tokens).where(tokens.c.id == bindparam("of_id")).values(last_used_at=bindparam("used_at"))


class SqlTokens:
    """`dpip.ports.Tokens` over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: Token, token_hash: str) -> None:
        """A worker's earlier tokens are revoked by a new one. Expired tokens of anybody go too."""
        values = {
            "hash": token_hash,
            "id": token.id,
            "name": token.name,
            "user_id": token.user_id,
            "worker_id": token.worker_id,
            "scope": " ".join(sorted(token.scopes)),
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        }
        with self._database.write() as connection:
            if token.worker_id is not None:
                connection.execute(delete(tokens).where(tokens.c.worker_id == token.worker_id))
            connection.execute(delete(tokens).where(tokens.c.expires_at <= token.created_at))
            connection.execute(insert(tokens), values)

    def find_caller(self, token_hash: str, now: float) -> Caller | None:
        """A worker's caller has the worker's id and name in place of a user's: it owns no workload."""
        with self._database.read() as connection:
            found = fetch(connection, _FIND_CALLER, {"hash": token_hash, "now": now})
        if not found:
            return None
        [(token_id, scope, user_id, user_name, role, worker_id, worker_name)] = found
        if worker_id is not None:
            return Caller(worker_id, worker_name, Role.WORKER, _scopes(scope), worker_id, token_id)
        if user_id is None:
            return None
        return Caller(user_id, user_name, Role(role), _scopes(scope), None, token_id)

    def tokens(self, user_id: str, now: float, *, limit: int = 100, after: str | None = None) -> Page[Token]:
        """The live ones of a user, newest first."""
        statement = _NEWEST_FIRST if after is None else _NEWEST_FIRST.where(tokens.c.id < after)
        with self._database.read() as connection:
            found = connection.execute(statement.limit(limit + 1), {"user_id": user_id, "now": now}).all()
        return page([_token(row) for row in found], limit, lambda token: token.id)

    def revoke(self, token_id: str, user_id: str | None = None) -> Token | None:
        """None: there is no such token of that user (of anybody, where none is named)."""
        statement = delete(tokens).where(tokens.c.id == token_id)
        if user_id is not None:
            statement = statement.where(tokens.c.user_id == user_id)
        with self._database.write() as connection:
            row = connection.execute(statement.returning(*tokens.c)).one_or_none()
        return None if row is None else _token(row)

    def note_use(self, last_used: Mapping[str, float]) -> None:
        """All in one transaction; tokens that are gone meanwhile are passed over."""
        values = [{"of_id": token_id, "used_at": at} for token_id, at in sorted(last_used.items())]
        if values:
            with self._database.write() as connection:
                connection.execute(_NOTE_USE, values)


@lru_cache(maxsize=64)
def _scopes(text: str) -> frozenset[Scope]:
    return frozenset(map(Scope, text.split()))


def _token(row: AnyRow) -> Token:
    return Token(
        row.id,
        row.user_id,
        row.worker_id,
        row.name,
        _scopes(row.scope),
        row.created_at,
        row.expires_at,
        row.last_used_at,
    )
