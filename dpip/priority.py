"""How urgent a workload is among its owner's own, and how waiting makes it more so."""

from __future__ import annotations

from dataclasses import dataclass

LOWEST, USUAL, HIGHEST = 0, 5, 9
AGEING_S = 60.0


@dataclass(frozen=True, slots=True)
class Ageing:
    """Every `step_s` seconds of waiting count as one step of priority, up to the highest."""

    now: float
    step_s: float = AGEING_S

    def level(self, priority: int, since: float) -> int:
        """Of a workload whose next job has been queued since then: `LOWEST` to `HIGHEST`."""
        waited = max(0.0, self.now - since)
        return min(HIGHEST, priority + int(waited / self.step_s))


YOUNG = Ageing(float("-inf"))  # nothing has waited
