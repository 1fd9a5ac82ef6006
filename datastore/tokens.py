"""Tokens: the keys to the API. A secret's hash is kept, never the secret."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, or_, select, update

from datastore.database import Database
from datastore.direct import fetch
from datastore.pages import page
from datastore.rows import AnyRow
from datastore.schema import tokens, users, workers
from dpip.domain import Caller, Role, Scope, Token
from dpip.errors import Conflict, Unauthenticated
from dpip.ports import Page

MOST_LOGINS = 1000  # of one user; the oldest end
MOST_MADE = 1000  # of one user, by other tokens

_FIND_CALLER = (
    select(
        tokens.c.id.label("token_id"),
        tokens.c.scope,
        tokens.c.expires_at,
        tokens.c.maker,
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
_LOCK_USER = select(users.c.id).where(users.c.id == bindparam("user_id")).with_for_update()
_LOCK_TOKEN = select(tokens.c.id, tokens.c.maker).where(tokens.c.id == bindparam("id")).with_for_update()
_COUNT_MADE = select(func.count()).where(
    tokens.c.user_id == bindparam("user_id"), tokens.c.maker.is_not(None)
)
_OLD_LOGINS = (
    select(tokens.c.id)
    .where(tokens.c.user_id == bindparam("user_id"), tokens.c.maker.is_(None))
    .order_by(tokens.c.id.desc())
)
_NOTE_USE = update(tokens).where(tokens.c.id == bindparam("of_id")).values(last_used_at=bindparam("used_at"))


class SqlTokens:
    """`dpip.ports.Tokens` over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: Token, token_hash: str) -> None:
        """A worker's earlier tokens are revoked by a new one, and a user's oldest logins by one too many.
        Expired tokens of anybody go too. Raises `Unauthenticated` and `Conflict`."""
        values = {
            "hash": token_hash,
            "id": token.id,
            "name": token.name,
            "user_id": token.user_id,
            "worker_id": token.worker_id,
            "scope": " ".join(sorted(token.scopes)),
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "maker": token.maker,
        }
        with self._database.write() as connection:
            if token.worker_id is not None:
                connection.execute(delete(tokens).where(tokens.c.worker_id == token.worker_id))
            connection.execute(delete(tokens).where(tokens.c.expires_at <= token.created_at))
            if token.user_id is not None:
                _make_room(connection, token.user_id, token.maker)
            connection.execute(insert(tokens), values)

    def find_caller(self, token_hash: str, now: float) -> Caller | None:
        """A worker's caller has the worker's id and name in place of a user's: it owns no workload."""
        with self._database.read() as connection:
            found = fetch(connection, _FIND_CALLER, {"hash": token_hash, "now": now})
        if not found:
            return None
        [(token_id, scope, expires_at, maker, user_id, user_name, role, worker_id, worker_name)] = found
        of_token = (token_id, expires_at, maker)
        if worker_id is not None:
            return Caller(worker_id, worker_name, Role.WORKER, _scopes(scope), worker_id, *of_token)
        if user_id is None:
            return None
        return Caller(user_id, user_name, Role(role), _scopes(scope), None, *of_token)

    def tokens(self, user_id: str, now: float, *, limit: int = 100, after: str | None = None) -> Page[Token]:
        """The live ones of a user, newest first."""
        statement = _NEWEST_FIRST if after is None else _NEWEST_FIRST.where(tokens.c.id < after)
        with self._database.read() as connection:
            found = connection.execute(statement.limit(limit + 1), {"user_id": user_id, "now": now}).all()
        return page([_token(row) for row in found], limit, lambda token: token.id)

    def revoke(self, token_id: str, user_id: str | None = None) -> Token | None:
        """With all that it made, unless it is a login's. None: there is no such token of that user (of
        anybody, where none is named)."""
        statement = delete(tokens).where(tokens.c.id == token_id)
        if user_id is not None:
            statement = statement.where(tokens.c.user_id == user_id)
        with self._database.write() as connection:
            # What it is making at this moment is there, or is refused, once it is locked.
            locked = connection.execute(_LOCK_TOKEN, {"id": token_id}).one_or_none()
            row = connection.execute(statement.returning(*tokens.c)).one_or_none()
            if locked is not None and row is not None and locked.maker is not None:
                connection.execute(delete(tokens).where(tokens.c.id.in_(_made_by(token_id))))
        return None if row is None else _token(row)

    def note_use(self, last_used: Mapping[str, float]) -> None:
        """All in one transaction; tokens that are gone meanwhile are passed over."""
        values = [{"of_id": token_id, "used_at": at} for token_id, at in sorted(last_used.items())]
        if values:
            with self._database.write() as connection:
                connection.execute(_NOTE_USE, values)


def _make_room(connection: Connection, user_id: str, maker: str | None) -> None:
    """Locks the user's row, so their tokens are made one by one. Raises `Unauthenticated` and `Conflict`."""
    of_user = {"user_id": user_id}
    connection.execute(_LOCK_USER, of_user)
    if maker is None:
        too_many = _OLD_LOGINS.offset(MOST_LOGINS - 1)
        connection.execute(delete(tokens).where(tokens.c.id.in_(too_many)), of_user)
        return
    if connection.execute(_LOCK_TOKEN, {"id": maker}).one_or_none() is None:
        raise Unauthenticated("this token was revoked or logged out meanwhile; POST /login gives a new one")
    if connection.execute(_COUNT_MADE, of_user).scalar_one() >= MOST_MADE:
        raise Conflict(f"you made {MOST_MADE:,} tokens, which is the most; revoke some")


def _made_by(token_id: str) -> Select[tuple[str]]:
    """Ids of all that was made by a token, by what it made, and so on."""
    made = select(tokens.c.id).where(tokens.c.maker == token_id).cte("made", recursive=True)
    made = made.union_all(select(tokens.c.id).join(made, tokens.c.maker == made.c.id))
    return select(made.c.id)


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
        row.maker,
    )
