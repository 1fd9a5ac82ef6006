"""From a user name and a password to a token; guessing is slowed down."""

from __future__ import annotations

import math
from collections.abc import Mapping

from api.people.guessing import WINDOW_S, Guesser, guesser, name_key, wait_s, with_pending
from api.people.passwords import Passwords
from api.people.pending import Pending
from api.people.trail import Trail
from dpip.credentials import new_token
from dpip.domain import Action, Scope, Token, User, login_scopes
from dpip.errors import TooMany
from dpip.ids import time_ordered_id
from dpip.ports import Accounts, Clock, Tokens


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
        self._pending = Pending()

    def check(self, name: str, password: str, address: str | None) -> User | None:
        """The user, or None for a wrong name or password. Raises `TooMany` after too many of these."""
        who = guesser(name, address)
        with self._pending.among(who.keys) as others:
            self._may_try(who, name, others)
            user = self._accounts.find_user(name)
            known = user is not None and not user.disabled
            if self._passwords.matches(user.password_hash if user else None, password) and known:
                self._accounts.clear_login_failures(who.pair)
                return user
            self._trail.refused(Action.LOGIN_REFUSED, name, "a wrong name or password")
            self._accounts.record_login_failure(who.keys, self._clock())
            return None

    def _may_try(self, who: Guesser, name: str, others: Mapping[str, int]) -> None:
        """`others` are being checked just now. Raises `TooMany`."""
        now = self._clock()
        failures = with_pending(self._accounts.login_failures(who.keys, now - WINDOW_S), others, now)
        wait = wait_s(who, failures, now)
        if wait > 0:
            self._trail.refused(Action.LOGIN_REFUSED, name, "too many wrong passwords")
            raise TooMany(
                f"too many wrong passwords from this address; try again in {math.ceil(wait)} s", wait
            )

    def hashed(self, password: str) -> str:
        """What is kept of a password."""
        return self._passwords.hash(password)

    def forgive(self, name: str) -> None:
        """Forget how often somebody guessed wrong under this name."""
        self._accounts.clear_login_failures(name_key(name))

    def log_in(self, user: User, life_s: float) -> tuple[str, Token]:
        """A fresh token with all that the user's role allows a person: its secret, and what is kept of it."""
        made = self.make_token(user.id, "login", login_scopes(user.role), life_s)
        self._trail.did(Action.LOGIN, user.name, made[1].id)
        return made

    def make_token(
        self, user_id: str, name: str, scopes: frozenset[Scope], life_s: float, maker: str | None = None
    ) -> tuple[str, Token]:
        """The secret, and what is kept of it. `maker` is the id of the token that makes it; None: a login."""
        now = self._clock()
        secret, hashed = new_token()
        token = Token(time_ordered_id(now), user_id, None, name, scopes, now, now + life_s, maker=maker)
        self._tokens.add(token, hashed)
        return secret, token
