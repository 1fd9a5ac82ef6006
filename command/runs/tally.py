"""How far a run is, in numbers, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Counts of pictures; `bad`: why a file came to nothing, by its name in the tree."""

    total: int
    sent: int = 0
    filtered: int = 0
    saved: int = 0  # results: several for a picture where the pipeline has several outputs
    saved_before: int = 0  # of these, by an earlier run
    ended: int = 0  # pictures that are saved, or have failed
    running: int = 0  # on workers, when they were last looked at
    workload: str | None = None
    seconds: float = 0.0
    bad: dict[str, str] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)  # what results could not keep, and how many of them

    def as_json(self, out: str) -> Mapping[str, Any]:
        return {
            "workload_id": self.workload,
            "out": out,
            "pictures": self.total,
            "saved": self.saved,
            "saved_before": self.saved_before,
            "failed": [{"file": name, "reason": why} for name, why in self.bad.items()],
            "notes": [{"note": note, "results": count} for note, count in self.notes.items()],
            "seconds": round(self.seconds, 3),
        }
