"""Answers that are remembered by idempotency key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client was told: an HTTP status, where the new thing is, and a JSON text."""

    status: int
    location: str | None
    body: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A user's idempotency key while a request works under it."""

    user_id: str
    key: str
    holder: str  # a random word: who took over has another one


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a key was used for."""

    request: str  # a digest of it
    answer: Answer


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer that is to be remembered in the transaction that it tells of."""

    hold: Hold
    request: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Part:
    """Work that a long request did, remembered in the same transaction: its repetition goes on there."""

    hold: Hold
    number: int  # their order; each number comes once
    body: str  # what the request wants to know of it, as a JSON text
    held_until: float  # the key is held on so long


class Receipts(Protocol):
    """Answers by idempotency key; see `Catalog.create_workload` and `Catalog.add_original`."""

    def hold(
        self, user_id: str, key: str, now: float, held_until: float, expires_at: float
    ) -> Hold | Remembered:
        """Begin a request under this key, or hear what was answered. Raises `InProgress` while another one
        works under it that has not been silent for too long."""

    def parts(self, hold: Hold) -> list[str]:
        """The bodies of all that was done in parts under this key, in order."""

    def answer(self, receipt: Receipt) -> None:
        """Remember the answer to what was done in parts. Raises `InProgress` when the key is held no more."""

    def release(self, hold: Hold) -> None:
        """Forget the key, unless it was answered or somebody else took over. Where parts were kept they stay,
        and the next request may go on at once."""

    def sweep(self, now: float) -> int:
        """Forget what has expired; returns how many keys."""
