"""Passwords: hashed by argon2id, a few at a time, and as slowly for nobody as for somebody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from dpip.errors import TooMany

MAX_CHARS = 1024
_AT_ONCE = 2  # each takes 64 MiB and a core or more for about 50 ms
_WAITING = 8
_WAIT_S = 5.0


class Passwords:
    """Makes and checks hashes. Raises `TooMany` when more wait for a check than can be served soon."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._places = threading.BoundedSemaphore(_AT_ONCE + _WAITING)
        self._nobody = self._hasher.hash("a password that no user has")

    def hash(self, password: str) -> str:
        with self._turn():
            return self._hasher.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """False for a wrong password and, after the same time, for a user that does not exist (None)."""
        with self._turn():
            try:
                self._hasher.verify(password_hash or self._nobody, password[:MAX_CHARS])
            except (Argon2Error, InvalidHashError):
                return False
        return password_hash is not None and len(password) <= MAX_CHARS

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise TooMany("too many logins at the same time; try again in a moment", 2.0)
        try:
            if not self._turns.acquire(timeout=_WAIT_S):
                raise TooMany("too many logins at the same time; try again in a moment", _WAIT_S)
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()
