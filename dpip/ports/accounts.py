"""Users and their tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dpip.domain import (
    Caller,
    Quota,
    Role,
    Token,
    User,
)
from dpip.ports.paging import Page


@dataclass(frozen=True, slots=True)
class LoginFailures:
    """Wrong passwords that were counted together."""

    count: int
    last_at: float


class Accounts(Protocol):
    """Users, and how often somebody guessed wrong."""

    def add_user(self, user: User) -> None:
        """Raises `Conflict` when the name is taken."""

    def find_user(self, name: str) -> User | None: ...
    def users(self, *, limit: int = 100, after: str | None = None) -> Page[User]:
        """By name, which is the cursor, too."""

    def any_user(self) -> bool: ...
    def set_password(self, name: str, password_hash: str) -> None:
        """Kills all tokens of the user. Raises `NotFound`."""

    def change_user(
        self,
        name: str,
        *,
        role: Role | None = None,
        disabled: bool | None = None,
        quota: Quota | None = None,
    ) -> User:
        """What is None stays. A disabled user's tokens are dead at once, and so are those of one whose role
        changes. Raises `NotFound`, and `Conflict` where no administrator would be left."""

    def delete_user(self, name: str) -> None:
        """With all tokens. Raises `NotFound`, and `Conflict` for somebody who still has workloads, and for
        the last administrator."""

    def record_login_failure(self, keys: Sequence[str], now: float) -> None:
        """A key is a user's name, an address, or both, as the caller likes to count."""

    def login_failures(self, keys: Sequence[str], since: float) -> dict[str, LoginFailures]:
        """Of those keys that have any."""

    def clear_login_failures(self, key: str) -> None:
        """And of keys that go on after it with a colon."""


class Tokens(Protocol):
    """Keys to the API. What is kept of a token's secret is its hash."""

    def add(self, token: Token, token_hash: str) -> None:
        """A worker's token belongs to no user. A worker's earlier tokens are revoked by a new one, and a
        user's oldest logins by one too many. Raises `Unauthenticated` when its maker is dead, and `Conflict`
        when that user made as many as there may be."""

    def find_caller(self, token_hash: str, now: float) -> Caller | None:
        """None for an unknown, expired or revoked token, and for a disabled user's."""

    def tokens(self, user_id: str, now: float, *, limit: int = 100, after: str | None = None) -> Page[Token]:
        """The live ones of a user, newest first."""

    def revoke(self, token_id: str, user_id: str | None = None) -> Token | None:
        """Dead from then on, with all that was made by it, and by those; but a login leaves what it made.
        None: there is no such token of that user (of anybody, where none is named)."""

    def note_use(self, last_used: Mapping[str, float]) -> None:
        """When tokens (by id) were last used."""
