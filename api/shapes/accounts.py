"""Users, tokens and the audit trail."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from api.shapes.common import Cursor, Id, Moment
from dpip.domain import Action, Role, Scope

Secret = Annotated[str, Field(description="shown this once; send it as `Authorization: Bearer ...`")]


class Login(TypedDict):
    """A token, fresh from a password."""

    user: str
    token: Secret
    token_type: Literal["Bearer"]
    token_id: Id
    scopes: list[Scope]
    expires_at: Moment | None


class Logout(TypedDict):
    """Good-bye."""

    logout_message: str


class Token(TypedDict):
    """A key to the API, without its secret."""

    token_id: Id
    name: str
    scopes: list[Scope]
    created_at: Moment | None
    expires_at: Moment | None
    last_used_at: Annotated[Moment | None, Field(description="may lag by some minutes")]
    current: Annotated[bool, Field(description="it is this very request's")]
    made_by: Annotated[Id | None, Field(description="the token that made it; null for a login's")]


class NewToken(Token):
    """A key to the API, with its secret."""

    token: Secret


class Tokens(TypedDict):
    """A page of tokens."""

    tokens: list[Token]
    next: Cursor


class User(TypedDict):
    """Somebody who may log in."""

    name: str
    role: Role
    disabled: bool
    quota_bytes: Annotated[int | None, Field(ge=0, description="of originals; null is no bound")]
    quota_images: Annotated[int | None, Field(ge=0, description="originals; null is no bound")]
    quota_workloads: Annotated[int | None, Field(ge=0, description="workloads; null is no bound")]
    used_bytes: Annotated[int, Field(ge=0)]
    used_images: Annotated[int, Field(ge=0)]
    used_workloads: Annotated[int, Field(ge=0)]
    created_at: Moment | None


class NewUser(User):
    """With the password, where it was made up."""

    password: NotRequired[Annotated[str, Field(description="shown this once")]]


class DeletedUser(User):
    """Who was deleted."""

    deleted_workloads: Annotated[int, Field(ge=0)]


class Users(TypedDict):
    """A page of users."""

    users: list[User]
    next: Cursor


class AuditEntry(TypedDict):
    """Who did what, from where, to what."""

    id: int
    at: Moment | None
    action: Action
    who: str | None
    address: str | None
    target: str | None
    detail: str | None
    count: Annotated[int, Field(ge=1, description="so many alike")]


class Audit(TypedDict):
    """A page of the audit trail."""

    entries: list[AuditEntry]
    next: Cursor
