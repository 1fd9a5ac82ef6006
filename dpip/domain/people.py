"""Users, what they may do, and what they did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a user is."""

    ADMIN = "admin"  # sees and does everything
    USER = "user"  # sees and does what is theirs
    WORKER = "worker"  # a machine's account: its tokens have the worker scope alone


class Scope(StrEnum):
    """What a token allows; never more than its user's role does."""

    READ = "read"  # see and download
    WRITE = "write"  # make, upload, cancel, delete, administer
    WORKER = "worker"  # fetch anybody's originals, deliver results, nothing else
    METRICS = "metrics"  # the figures of the whole system, nothing else


OF_MACHINES = frozenset({Scope.WORKER, Scope.METRICS})  # what a person's login does not allow
SCOPES_OF: Mapping[Role, frozenset[Scope]] = {
    Role.ADMIN: frozenset(Scope),
    Role.USER: frozenset({Scope.READ, Scope.WRITE}),
    Role.WORKER: frozenset({Scope.WORKER}),
}  # the most that a token of such a user can have


def login_scopes(role: Role) -> frozenset[Scope]:
    """What a login's token allows: all of the role's, but a person does not do a machine's work."""
    return SCOPES_OF[role] - OF_MACHINES or SCOPES_OF[role]


class Action(StrEnum):
    """What the audit trail tells of."""

    LOGIN = "login"
    LOGIN_REFUSED = "login-refused"  # a wrong name or password, or too many of them
    LOGOUT = "logout"
    REFUSED = "refused"  # no token, a dead one, or one that does not allow it
    TOKEN_MADE = "token-made"  # noqa: S105 - a word
    TOKEN_REVOKED = "token-revoked"  # noqa: S105
    USER_ADDED = "user-added"
    USER_CHANGED = "user-changed"
    USER_DELETED = "user-deleted"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105
    WORKLOAD_CHANGED = "workload-changed"  # somebody else's, by an administrator
    WORKLOAD_DELETED = "workload-deleted"
    IMAGE_DELETED = "image-deleted"
    WEBHOOK_MADE = "webhook-made"
    WEBHOOK_DELETED = "webhook-deleted"


@dataclass(frozen=True, slots=True)
class Quota:
    """The most that somebody may keep; None is no bound. Originals count, results do not."""

    bytes: int | None = None
    images: int | None = None
    workloads: int | None = None


NO_QUOTA = Quota()


@dataclass(frozen=True, slots=True)
class Usage:
    """What somebody keeps: originals, in all their workloads."""

    bytes: int = 0
    images: int = 0
    workloads: int = 0


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    password_hash: str
    role: Role
    disabled: bool = False
    quota: Quota = NO_QUOTA  # None in it: the system's default
    used: Usage = Usage()
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a live token speaks for."""

    user_id: str
    user_name: str
    role: Role
    scopes: frozenset[Scope]
    worker_id: str | None = None  # set on a registered worker's token
    token_id: str = ""
    token_expires_at: float = 0.0
    token_maker: str | None = None  # as `Token.maker`


@dataclass(frozen=True, slots=True)
class Token:
    """A key to the API, without its secret: that is shown once, and only its hash is kept."""

    id: str
    user_id: str | None  # whose it is; None for a registered worker's
    worker_id: str | None
    name: str  # what its maker calls it
    scopes: frozenset[Scope]
    created_at: float
    expires_at: float
    last_used_at: float | None = None  # may lag by some minutes
    maker: str | None = None  # id of the token that made it; None: a login did, or the controller


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, from where, to what. Never holds a secret."""

    at: float
    action: Action
    who: str | None  # a user's name as it was given, or a worker's
    address: str | None
    target: str | None = None  # what it was done to: a user, a token's id, a workload's id, a route
    detail: str | None = None
    count: int = 1  # so many alike; `at` is the last one's time
    id: int = 0  # given by the datastore
