"""The time that one file may take."""

from __future__ import annotations

import time
from collections.abc import Callable

from dpip.errors import TooLarge


class Deadline:
    """Begins to run when it is made. `wanted` raises when nobody wants the result any more."""

    def __init__(self, seconds: float, wanted: Callable[[], None]) -> None:
        self._seconds = seconds
        self._wanted = wanted
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """To be called between steps and frames. Raises `TooLarge` when the time is over, and what `wanted`
        raises."""
        self._wanted()
        if time.monotonic() > self._end:
            raise TooLarge(
                f"filtering this file takes longer than the {self._seconds:g} seconds that one may take: "
                "it is too large for this pipeline, or made to take long"
            )
