"""How long until work goes on, by kind of fault.

Counted from the moment a fault was over (a kill: when it was done; what lasts: when it was undone) until the
first upload that was *begun* after it is accepted, and the first job that was *placed* after it is done.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.journal import Entry


@dataclass(frozen=True)
class Spans:
    """Pairs of begin and end; answers which end comes first among those begun after a moment."""

    begins: tuple[float, ...]
    earliest_end: tuple[float, ...]  # of those from here on

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, float]]) -> Spans:
        ordered = sorted(pairs)
        earliest, ends = float("inf"), []
        for _, end in reversed(ordered):
            earliest = min(earliest, end)
            ends.append(earliest)
        return cls(tuple(begin for begin, _ in ordered), tuple(reversed(ends)))

    def first_end_after(self, moment: float) -> float | None:
        index = bisect_left(self.begins, moment)
        return self.earliest_end[index] if index < len(self.begins) else None


@dataclass(frozen=True)
class Row:
    """One kind of fault. Seconds; none where nothing was begun after the last one."""

    kind: str
    count: int
    upload_p50: float | None
    upload_max: float | None
    job_p50: float | None
    job_max: float | None


def rows(faults: Sequence[Entry], ended: Mapping[int, float], uploads: Spans, jobs: Spans) -> list[Row]:
    """`ended`: by the fault's number; those that are not in it were over at once."""
    waits: dict[str, list[tuple[float | None, float | None]]] = defaultdict(list)
    for fault in faults:
        over = ended.get(fault["number"], fault["at"])
        found = (spans.first_end_after(over) for spans in (uploads, jobs))
        upload, job = (None if end is None else end - over for end in found)
        waits[fault["kind"]].append((upload, job))
    return [
        Row(kind, len(found), *_quantiles([one for one, _ in found]), *_quantiles([one for _, one in found]))
        for kind, found in sorted(waits.items())
    ]


def _quantiles(values: Iterable[float | None]) -> tuple[float | None, float | None]:
    known = sorted(value for value in values if value is not None)
    return (known[len(known) // 2], known[-1]) if known else (None, None)
