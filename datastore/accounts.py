"""Users and failed logins."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, or_, select, update

from datastore.database import Database
from datastore.pages import page
from datastore.rows import AnyRow
from datastore.schema import login_failures, tokens, users, workloads
from dpip.domain import Quota, Role, Usage, User
from dpip.errors import Conflict, NotFound
from dpip.ports import LoginFailures, Page

LOGIN_FAILURES_KEPT_S = 3600.0

_FIND_USER = select(users).where(users.c.name == bindparam("name"))
_LOCK_ADMINS = (
    select(users.c.name)
    .where(users.c.role == Role.ADMIN, users.c.disabled.is_(False))
    .order_by(users.c.id)
    .with_for_update()
)
_ANY_USER = select(literal(1)).select_from(users).limit(1)
_ANY_WORKLOAD = (
    select(literal(1)).select_from(workloads).where(workloads.c.owner_id == bindparam("id")).limit(1)
)
_COUNT_FAILURES = select(
    login_failures.c.key, func.count().label("number"), func.max(login_failures.c.at).label("last_at")
).group_by(login_failures.c.key)


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
            "quota_bytes": user.quota.bytes,
            "quota_images": user.quota.images,
            "quota_workloads": user.quota.workloads,
            "created_at": user.created_at,
        }
        try:
            with self._database.write() as connection:
                connection.execute(insert(users), values)
        except Conflict as error:
            raise Conflict(f"there is a user {user.name!r} already; choose another name") from error

    def find_user(self, name: str) -> User | None:
        with self._database.read() as connection:
            row = connection.execute(_FIND_USER, {"name": name}).one_or_none()
        return None if row is None else _user(row)

    def users(self, *, limit: int = 100, after: str | None = None) -> Page[User]:
        """By name, which is the cursor, too."""
        statement = select(users).where(users.c.name > (after or "")).order_by(users.c.name).limit(limit + 1)
        with self._database.read() as connection:
            found = [_user(row) for row in connection.execute(statement)]
        return page(found, limit, lambda user: user.name)

    def any_user(self) -> bool:
        with self._database.read() as connection:
            return connection.execute(_ANY_USER).first() is not None

    def set_password(self, name: str, password_hash: str) -> None:
        """Kills all tokens of the user. Raises `NotFound` for an unknown name."""
        with self._database.write() as connection:
            user = self._locked(connection, name)
            _change(connection, user, password_hash=password_hash)
            _kill_tokens(connection, user)

    def change_user(
        self,
        name: str,
        *,
        role: Role | None = None,
        disabled: bool | None = None,
        quota: Quota | None = None,
    ) -> User:
        """Raises `NotFound`, and `Conflict` where no administrator would be left."""
        with self._database.write() as connection:
            admins = connection.execute(_LOCK_ADMINS).scalars().all()
            user = self._locked(connection, name)
            new_role, new_disabled = role or user.role, user.disabled if disabled is None else disabled
            if new_role is not Role.ADMIN or new_disabled:
                _check_others(admins, name)
            new_quota = user.quota if quota is None else quota
            _change(
                connection,
                user,
                role=new_role.value,
                disabled=new_disabled,
                quota_bytes=new_quota.bytes,
                quota_images=new_quota.images,
                quota_workloads=new_quota.workloads,
            )
            if new_role is not user.role or (new_disabled and not user.disabled):
                _kill_tokens(connection, user)
            return self._locked(connection, name)

    def delete_user(self, name: str) -> None:
        """Raises `NotFound`, and `Conflict` for who has workloads, and for the last administrator."""
        with self._database.write() as connection:
            admins = connection.execute(_LOCK_ADMINS).scalars().all()
            user = self._locked(connection, name)
            _check_others(admins, name)
            if connection.execute(_ANY_WORKLOAD, {"id": user.id}).first() is not None:
                raise Conflict(f"{name!r} still has workloads; delete them first, or disable the user")
            _kill_tokens(connection, user)
            connection.execute(delete(users).where(users.c.id == user.id))

    def record_login_failure(self, keys: Sequence[str], now: float) -> None:
        """Failures older than `LOGIN_FAILURES_KEPT_S` are dropped on the way."""
        old = login_failures.c.at < now - LOGIN_FAILURES_KEPT_S
        with self._database.write() as connection:
            connection.execute(delete(login_failures).where(old))
            connection.execute(insert(login_failures), [{"key": key, "at": now} for key in keys])

    def login_failures(self, keys: Sequence[str], since: float) -> dict[str, LoginFailures]:
        """Of those keys that have any."""
        statement = _COUNT_FAILURES.where(login_failures.c.key.in_(keys), login_failures.c.at >= since)
        with self._database.read() as connection:
            found = connection.execute(statement).all()
        return {row.key: LoginFailures(row.number, row.last_at) for row in found}

    def clear_login_failures(self, key: str) -> None:
        """And of keys that go on after it with a colon."""
        longer = login_failures.c.key.startswith(f"{key}:", autoescape=True)
        with self._database.write() as connection:
            connection.execute(delete(login_failures).where(or_(login_failures.c.key == key, longer)))

    @staticmethod
    def _locked(connection: Connection, name: str) -> User:
        row = connection.execute(_FIND_USER.with_for_update(), {"name": name}).one_or_none()
        if row is None:
            raise NotFound(f"there is no user {name!r}")
        return _user(row)


def _change(connection: Connection, user: User, **values: object) -> None:
    connection.execute(update(users).where(users.c.id == user.id).values(**values))


def _kill_tokens(connection: Connection, user: User) -> None:
    connection.execute(delete(tokens).where(tokens.c.user_id == user.id))


def _check_others(admins: Sequence[str], name: str) -> None:
    """Raises `Conflict` when `name` is the only administrator who can log in."""
    if list(admins) == [name]:
        raise Conflict(f"{name!r} is the only administrator; make another one first")


def _user(row: AnyRow) -> User:
    return User(
        id=row.id,
        name=row.name,
        password_hash=row.password_hash,
        role=Role(row.role),
        disabled=row.disabled,
        quota=Quota(row.quota_bytes, row.quota_images, row.quota_workloads),
        used=Usage(row.used_bytes, row.used_images, row.used_workloads),
        created_at=row.created_at,
    )
