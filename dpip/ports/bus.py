"""Hints to whoever listens."""

from __future__ import annotations

from typing import Protocol


class Announcer(Protocol):
    """Tell whoever listens; a hint that may be lost. Never blocks, never raises."""

    def announce(self, topic: str, body: dict[str, str]) -> None: ...
