"""From a user name and a password to a token; guessing is slowed down."""

from __future__ import annotations

import hashlib
import secrets

from api.passwords import Passwords
from dpip.domain import Scope, User
from dpip.errors import TooMany
from dpip.ports import Accounts, Clock
from dpip.settings import is_loopback

MAX_FAILURES = 10
WINDOW_S = 15 * 60.0
_KEY_CHARS = 100  # as many as a name has; strangers do not fill the datastore with longer ones
_TOKEN_BYTES = 32


def token_hash(token: str) -> str:
    """What the datastore keeps of a token. A fast hash will do: a token is random, not a word."""
    return hashlib.sha256(token.encode()).hexdigest()


class Login:
    """Checks passwords and makes tokens."""

    def __init__(self, accounts: Accounts, passwords: Passwords, token_s: float, clock: Clock) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._token_s = token_s
        self._clock = clock

    def check(self, name: str, password: str, address: str | None) -> User | None:
        """The user, or None for a wrong name or password. Raises `TooMany` after too many of these."""
        keys = _keys(name, address)
        since = self._clock() - WINDOW_S
        if any(self._accounts.login_failures(key, since) >= MAX_FAILURES for key in keys):
            raise TooMany(
                f"more than {MAX_FAILURES} wrong passwords for this user or from this address within "
                f"{WINDOW_S / 60:.0f} minutes; wait before trying again",
                WINDOW_S,
            )
        user = self._accounts.find_user(name)
        known = user is not None and not user.disabled
        if self._passwords.matches(user.password_hash if user else None, password) and known:
            self._accounts.clear_login_failures(keys[0])
            return user
        for key in keys:
            self._accounts.record_login_failure(key, self._clock())
        return None

    def new_token(self, user: User) -> tuple[str, float]:
        """A fresh token and when it expires (seconds since the epoch)."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now = self._clock()
        self._accounts.add_token(
            token_hash(token),
            user_id=user.id,
            scope=Scope.USER,
            worker_id=None,
            now=now,
            expires_at=now + self._token_s,
        )
        return token, now + self._token_s


def _keys(name: str, address: str | None) -> list[str]:
    """What wrong passwords are counted by. Loopback is not counted: behind a proxy it is everybody."""
    keys = [f"user:{name[:_KEY_CHARS]}"]
    if address and not is_loopback(address):
        keys.append(f"address:{address}")
    return keys
