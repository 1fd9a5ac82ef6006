"""Users, tokens and failed logins."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, func, insert, literal, or_, select, update

from datastore.database import Database
from datastore.direct import fetch
from datastore.schema import login_failures, tokens, users, workers
from dpip.domain import Caller, Role, Scope, User
from dpip.errors import Conflict, NotFound

LOGIN_FAILURES_KEPT_S = 24 * 3600.0

_FIND_USER = select(users).where(users.c.name == bindparam("name"))
_ANY_USER = select(literal(1)).select_from(users).limit(1)
_FIND_CALLER = (
    select(
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
_COUNT_FAILURES = (
    select(func.count())
    .select_from(login_failures)
    .where(login_failures.c.key == bindparam("key"), login_failures.c.at >= bindparam("since"))
)


class SqlAccounts:
    """`dpip.ports.Accounts` over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_user(self, user: User) -> None:
        """Raises `Conflict` when the name is taken."""
        values = {
            "id": user.id,
            "name": user.name,
            "password_hash": user.password_hash,
            "role": user.role.value,
            "disabled": user.disabled,
        }
        try:
            with self._database.write() as connection:
                connection.execute(insert(users), values)
        except Conflict as error:
            raise Conflict(f"there is a user {user.name!r} already; choose another name") from error

    def find_user(self, name: str) -> User | None:
        with self._database.read() as connection:
            row = connection.execute(_FIND_USER, {"name": name}).one_or_none()
        if row is None:
            return None
        return User(row.id, row.name, row.password_hash, Role(row.role), row.disabled)

    def any_user(self) -> bool:
        with self._database.read() as connection:
            return connection.execute(_ANY_USER).first() is not None

    def set_password(self, name: str, password_hash: str) -> None:
        """Raises `NotFound` for an unknown name."""
        statement = update(users).where(users.c.name == name).values(password_hash=password_hash)
        with self._database.write() as connection:
            if connection.execute(statement).rowcount == 0:
                raise NotFound(f"there is no user {name!r}")

    def add_token(
        self,
        token_hash: str,
        *,
        user_id: str | None,
        scope: Scope,
        worker_id: str | None,
        now: float,
        expires_at: float,
    ) -> None:
        """A worker's earlier tokens are revoked by a new one. Expired tokens of anybody go too."""
        values = {
            "hash": token_hash,
            "user_id": user_id,
            "worker_id": worker_id,
            "scope": scope.value,
            "created_at": now,
            "expires_at": expires_at,
        }
        with self._database.write() as connection:
            if worker_id is not None:
                connection.execute(delete(tokens).where(tokens.c.worker_id == worker_id))
            connection.execute(delete(tokens).where(tokens.c.expires_at <= now))
            connection.execute(insert(tokens), values)

    def find_caller(self, token_hash: str, now: float) -> Caller | None:
        """A worker's caller has the worker's id and name in place of a user's: it owns no workload."""
        with self._database.read() as connection:
            found = fetch(connection, _FIND_CALLER, {"hash": token_hash, "now": now})
        if not found:
            return None
        [(scope, user_id, user_name, role, worker_id, worker_name)] = found
        if worker_id is not None:
            return Caller(worker_id, worker_name, Role.USER, Scope(scope), worker_id)
        return None if user_id is None else Caller(user_id, user_name, Role(role), Scope(scope))

    def revoke_token(self, token_hash: str) -> None:
        with self._database.write() as connection:
            connection.execute(delete(tokens).where(tokens.c.hash == token_hash))

    def record_login_failure(self, key: str, now: float) -> None:
        """Failures older than `LOGIN_FAILURES_KEPT_S` are dropped on the way."""
        old = login_failures.c.at < now - LOGIN_FAILURES_KEPT_S
        with self._database.write() as connection:
            connection.execute(delete(login_failures).where(old))
            connection.execute(insert(login_failures), {"key": key, "at": now})

    def login_failures(self, key: str, since: float) -> int:
        with self._database.read() as connection:
            return connection.execute(_COUNT_FAILURES, {"key": key, "since": since}).scalar_one()

    def clear_login_failures(self, key: str) -> None:
        with self._database.write() as connection:
            connection.execute(delete(login_failures).where(login_failures.c.key == key))
