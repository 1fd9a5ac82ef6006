"""Which faults come when: drawn from a seed before anything runs, so that a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Kinds of faults, and how often each is drawn in relation to the others.
KILLS: Mapping[str, int] = {
    "kill worker": 8,
    "kill actor": 10,
    "kill far worker": 4,
    "kill far raylet": 4,
    "kill raylet": 4,
    "kill gcs": 4,
    "kill head": 3,
    "kill scheduler": 8,
    "kill standby scheduler": 2,
    "kill controller": 8,
    "kill api": 8,
    "kill supervisor": 2,
    "kill everything": 2,
}
STOPS: Mapping[str, int] = {
    "stop worker": 5,
    "stop actor": 5,
    "stop raylet": 2,
    "stop gcs": 2,
    "stop scheduler": 6,
    "stop controller": 4,
    "stop api": 4,
    "stop supervisor": 2,
}
RESTARTS: Mapping[str, int] = {
    "restart worker": 3,
    "restart scheduler": 3,
    "restart controller": 3,
    "restart api": 3,
    "restart supervisor": 1,
}
PLACES: Mapping[str, int] = {"cut network": 5, "fill disk": 5, "busy database": 8}
WEIGHTS: Mapping[str, int] = {**KILLS, **STOPS, **RESTARTS, **PLACES}

SHORTEST_S, LONGEST_S = 0.5, 8.0  # of faults that last


@dataclass(frozen=True)
class Fault:
    number: int
    kind: str
    after_s: float  # since the one before
    lasts_s: float  # 0: it is over when it is done
    pick: float  # which of several that could be meant: 0 to 1

    @property
    def verb(self) -> str:
        return self.kind.split()[0]

    @property
    def target(self) -> str:
        return self.kind.partition(" ")[2]


def schedule(seed: int, mean_gap_s: float, possible: frozenset[str]) -> Iterator[Fault]:
    """Without an end. Each kind comes once before chance decides; gaps as a Poisson process has them."""
    rng = random.Random(f"faults-{seed}")
    kinds = [kind for kind in WEIGHTS if kind in possible]
    first = rng.sample(kinds, len(kinds))
    number = 0
    while True:
        number += 1
        weights = [WEIGHTS[kind] for kind in kinds]
        kind = first.pop() if first else rng.choices(kinds, weights)[0]
        lasting = kind in STOPS or kind in PLACES
        yield Fault(
            number,
            kind,
            min(rng.expovariate(1 / mean_gap_s), 4 * mean_gap_s),
            rng.uniform(SHORTEST_S, LONGEST_S) if lasting else 0.0,
            rng.random(),
        )
