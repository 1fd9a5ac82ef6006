"""How long to wait before something that died is started again."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_S = 0.25
LONGEST_S = 15.0
STEADY_S = 10.0  # what lived as long as this was not broken: the wait begins anew


@dataclass(slots=True)
class Backoff:
    """Doubles from `FIRST_S` to `LONGEST_S`; a life of `STEADY_S` resets it."""

    wait_s: float = 0.0

    def after(self, lived_s: float) -> float:
        """Seconds to wait before the next start, after a life of `lived_s` seconds."""
        steady = lived_s >= STEADY_S or not self.wait_s
        self.wait_s = FIRST_S if steady else min(self.wait_s * 2, LONGEST_S)
        return self.wait_s
