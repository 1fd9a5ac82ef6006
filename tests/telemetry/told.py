"""Where tests listen to journeys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dpip.journey import Step


@dataclass
class Told:
    """A `Traces` that remembers."""

    steps: list[Step] = field(default_factory=list)
    on: bool = True

    def tell(self, steps: Iterable[Step]) -> None:
        self.steps += steps

    def close(self) -> None: ...

    def of(self, name: str) -> list[Step]:
        return [step for step in self.steps if step.name == name]
