"""Where the steps of images' journeys are told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from dpip.journey import Step


class Traces(Protocol):
    """Any thread may tell steps."""

    @property
    def on(self) -> bool:
        """False: nobody listens, so make no steps."""

    def tell(self, steps: Iterable[Step]) -> None:
        """Never blocks, never raises: a step that finds no room is lost."""

    def close(self) -> None:
        """Send what waits, within a bounded time."""


class NoTraces:
    """Nobody listens."""

    on = False

    def tell(self, steps: Iterable[Step]) -> None: ...
    def close(self) -> None: ...


NO_TRACES = NoTraces()
