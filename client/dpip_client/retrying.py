"""How patient a client is: pure decisions about the next attempt."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """At most `attempts`; waits double from `first_s` up to `longest_s`, each shortened by chance.

    The chance keeps many clients that were turned away together from coming back together ("full jitter").
    What the server asks for in `Retry-After` counts when it is more, up to `obeyed_s`.
    """

    attempts: int = 6
    first_s: float = 0.25
    longest_s: float = 10.0
    obeyed_s: float = 120.0

    def before(self, attempt: int, asked_s: float | None = None) -> float | None:
        """Seconds to wait after the attempt of this number (from 1) failed; None: give up."""
        if attempt >= self.attempts or (asked_s is not None and asked_s > self.obeyed_s):
            return None
        doubled: float = min(self.first_s * 2.0 ** (attempt - 1), self.longest_s)
        return max(doubled * random.uniform(0.5, 1.0), asked_s or 0.0)  # noqa: S311 - not a secret

    def while_served(self, waited_s: float, asked_s: float | None) -> float | None:
        """Seconds until the next look at a request that is still being served; None: that took too long."""
        if self.attempts == 1 or waited_s > self.obeyed_s:
            return None
        return max(asked_s or 0.0, min(self.longest_s, 0.5 + waited_s / 4))


IMPATIENT = Patience(attempts=1)
