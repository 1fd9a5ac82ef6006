"""From a user name and a password to a token; guessing is slowed down."""

from __future__ import annotations

from api.passwords import Passwords
from api.trail import Trail
from dpip.credentials import new_token
from dpip.domain import Action, Scope, Token, User, login_scopes
from dpip.errors import TooMany
from dpip.ids import time_ordered_id
from dpip.ports import Accounts, Clock, Tokens
from dpip.settings import is_loopback

MAX_FAILURES = 10
WINDOW_S = 15 * 60.0
_KEY_CHARS = 100  # as many as a name has; strangers do not fill the datastore with longer ones


class Login:
    """Checks passwords and makes tokens."""

    def __init__(
        self, accounts: Accounts, tokens: Tokens, passwords: Passwords, trail: Trail, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._passwords = passwords
        self._trail = trail
        self._clock = clock

    def check(self, name: str, password: str, address: str | None) -> User | None:
        """The user, or None for a wrong name or password. Raises `TooMany` after too many of these."""
        keys = _keys(name, address)
        since = self._clock() - WINDOW_S
        if any(self._accounts.login_failures(key, since) >= MAX_FAILURES for key in keys):
            self._trail.refused(Action.LOGIN_REFUSED, name, "too many wrong passwords")
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
        self._trail.refused(Action.LOGIN_REFUSED, name, "a wrong name or password")
        for key in keys:
            self._accounts.record_login_failure(key, self._clock())
        return None

    def hashed(self, password: str) -> str:
        """What is kept of a password."""
        return self._passwords.hash(password)

    def forgive(self, name: str) -> None:
        """Forget how often somebody guessed wrong under this name."""
        self._accounts.clear_login_failures(_keys(name, None)[0])

    def log_in(self, user: User, life_s: float) -> tuple[str, Token]:
        """A fresh token with all that the user's role allows a person: its secret, and what is kept of it."""
        made = self.make_token(user.id, "login", login_scopes(user.role), life_s)
        self._trail.did(Action.LOGIN, user.name, user.name)
        return made

    def make_token(
        self, user_id: str, name: str, scopes: frozenset[Scope], life_s: float
    ) -> tuple[str, Token]:
        """The secret, and what is kept of it."""
        now = self._clock()
        secret, hashed = new_token()
        token = Token(time_ordered_id(now), user_id, None, name, scopes, now, now + life_s)
        self._tokens.add(token, hashed)
        return secret, token


def _keys(name: str, address: str | None) -> list[str]:
    """What wrong passwords are counted by. Loopback is not counted: behind a proxy it is everybody."""
    keys = [f"user:{name[:_KEY_CHARS]}"]
    if address and not is_loopback(address):
        keys.append(f"address:{address}")
    return keys
