"""Contestants one after the other, each of its runs beside one of the bare loop, on the same pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.guest import CannotTakePart, Failed, Guest
from benchmarks.measuring import Run, Spread, median
from benchmarks.picture_sets import PictureSet
from benchmarks.rivals.catalogue import BARE, ENTRIES
from benchmarks.verifying import Wrong

WARM_UP = 4  # pictures whose time is not counted
HEAVY_FROM = 2000  # sets of so many pictures are for few contestants
QUIET = 0.1  # share of the machine that others may have before a run counts as disturbed
LONG_S = 20.0  # what takes so long is not repeated


@dataclass(frozen=True, slots=True)
class Score:
    """A contestant's runs of one set and filter, and the bare loop's runs between them."""

    contestant: str
    pictures: PictureSet
    filter: str
    runs: Sequence[Run]
    bare: Sequence[Run]

    @property
    def run(self) -> Run:
        return median(self.runs)

    @property
    def ratio(self) -> Spread:
        """Images per second beside the bare loop's of the run before."""
        pairs = zip(self.runs, self.bare, strict=True)
        return Spread([run.per_second / bare.per_second for run, bare in pairs])

    @property
    def others(self) -> float:
        """Share of the machine that programs which are not measured had, at worst."""
        return max(run.others for run in [*self.runs, *self.bare])

    @property
    def cpu_ratio(self) -> float:
        """The bare loop's CPU time to the contestant's: what a machine with nothing else to do would show."""
        return median(self.bare).cpu_ms_in_all / max(self.run.cpu_ms_in_all, 1e-9)

    @property
    def size_ratio(self) -> float:
        """Bytes of the results to those of the bare loop's."""
        return self.run.result_bytes / median(self.bare).result_bytes


@dataclass(slots=True)
class Contest:
    """Everybody's scores, and why somebody has none."""

    scores: list[Score] = field(default_factory=list)
    ready_s: dict[str, float] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def score(self, contestant: str, pictures: str, filter_name: str) -> Score | None:
        for score in self.scores:
            if (score.contestant, score.pictures.name, score.filter) == (contestant, pictures, filter_name):
                return score
        return None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run. `say` gets a line for each thing that is done."""

    contestants: Sequence[str]
    sets: Sequence[PictureSet]
    filters: Sequence[str]
    repeats: int
    patience: int  # so many times as many runs may be made to find undisturbed ones
    cores: int
    say: Callable[[str], None]


def hold(plan: Plan, contest: Contest) -> None:
    """Add everybody's scores to `contest`, one contestant after the other: cut off, it holds those before."""
    bare = Guest(ENTRIES[BARE], plan.cores)
    try:
        for name in plan.contestants:
            try:
                _let(name, plan, bare, contest)
            except (CannotTakePart, Failed, Wrong) as error:
                contest.absent[name] = str(error)
                plan.say(f"{name}: {error}")
    finally:
        bare.close()


def _let(name: str, plan: Plan, bare: Guest, contest: Contest) -> None:
    entry = ENTRIES[name]
    guest = Guest(entry, plan.cores)
    contest.ready_s[name] = guest.ready_s
    try:
        for pictures in plan.sets:
            if len(pictures) >= HEAVY_FROM and not entry.heavy:
                continue
            for filter_name in plan.filters:
                guest.run(pictures, filter_name, pictures.files[:WARM_UP])
                score = _score(name, pictures, filter_name, plan, bare, guest)
                contest.scores.append(score)
                plan.say(
                    f"{name}: {pictures.title}, {filter_name}: {score.run.per_second:.1f} images/s, "
                    f"{score.ratio:.2f} of the bare loop ({score.cpu_ratio:.2f} by CPU time)"
                )
    finally:
        guest.close()


def _score(name: str, pictures: PictureSet, filter_name: str, plan: Plan, bare: Guest, guest: Guest) -> Score:
    """The pairs that others disturbed least, when more were run than are wanted."""
    pairs: list[tuple[Run, Run]] = []
    for _ in range(plan.repeats * plan.patience):
        pairs.append((guest.run(pictures, filter_name), bare.run(pictures, filter_name)))
        long = pairs[-1][0].seconds > LONG_S and len(pictures) < HEAVY_FROM
        if long or sum(_disturbed(pair) < QUIET for pair in pairs) >= plan.repeats:
            break
    best = sorted(pairs, key=_disturbed)[: plan.repeats]
    return Score(name, pictures, filter_name, [pair[0] for pair in best], [pair[1] for pair in best])


def _disturbed(pair: tuple[Run, Run]) -> float:
    return max(run.others for run in pair)
