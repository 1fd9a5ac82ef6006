"""When a delivery is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass

_FACTOR = 4.0
_SPREAD = 0.2  # of a wait, to either side: receivers that come back are not asked by all at the same moment


@dataclass(frozen=True, slots=True)
class Schedule:
    """Waits grow fourfold from `first_s` to `longest_s`. By default ten attempts over 20 hours: after
    5 s, 20 s, 80 s, 5 min, 21 min, 85 min, and then three times after 6 hours or nearly so."""

    attempts: int = 10
    first_s: float = 5.0
    longest_s: float = 6 * 3600.0

    def wait_s(self, failed: int, chance: float, asked_s: float = 0.0) -> float | None:
        """Seconds until the next attempt when so many have `failed`; None: give it up.

        `chance` is evenly spread over 0 to 1. A receiver that asks for a longer wait gets it, within the
        longest.
        """
        if failed >= self.attempts:
            return None
        wait = min(self.first_s * _FACTOR ** (failed - 1), self.longest_s)
        spread = wait * (1 + _SPREAD * (2 * chance - 1))
        return max(spread, min(asked_s, self.longest_s))
