"""The figures as tables: a title and rows of text, the first of which is the heading."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.at_rest import AtRest
from benchmarks.contest import Contest, Score
from benchmarks.measuring import OWN, Spread
from benchmarks.rivals.catalogue import BARE, ENTRIES
from benchmarks.scaling import BreakEven, Step

Rows = list[list[str]]
_PERFECT_DB = 100.0  # identical pixels


def speed(contest: Contest, pictures: str) -> Rows:
    """One set of pictures: everybody, both filters in order."""
    rows = [
        [
            "", "filter", "images/s", "MP/s", "ratio", "spread", "by CPU", "CPU-ms per image",
            "others", "peak MB", "result size", "PSNR dB",
        ]
    ]  # fmt: skip
    for score in contest.scores:
        if score.pictures.name == pictures:
            run = score.run
            rows.append(
                [
                    ENTRIES[score.contestant].title,
                    score.filter,
                    f"{run.per_second:.1f}",
                    f"{run.megapixels_per_second:.0f}",
                    f"{score.ratio:.2f}",
                    _spread(score.ratio),
                    f"{score.cpu_ratio:.2f}",
                    f"{run.cpu_ms_in_all:.1f}",
                    f"{100 * score.others:.0f} %",
                    f"{run.peak_mb:.0f}",
                    f"{score.size_ratio:.2f}",
                    "same" if run.psnr_db > _PERFECT_DB else f"{run.psnr_db:.0f}",
                ]
            )
    return rows


def _spread(spread: Spread) -> str:
    return f"{spread.low:.2f}-{spread.high:.2f}"


def ratios(contest: Contest) -> Rows:
    """Everybody beside the bare loop, all sets in one table: filters separated by a slash."""
    sets = list(dict.fromkeys(score.pictures.name for score in contest.scores))
    titles = {score.pictures.name: score.pictures.title for score in contest.scores}
    filters = list(dict.fromkeys(score.filter for score in contest.scores))
    rows = [["", *(titles[name] for name in sets)]]
    for contestant in dict.fromkeys(score.contestant for score in contest.scores):
        cells = [
            " / ".join(_ratio(contest.score(contestant, name, filter_name)) for filter_name in filters)
            for name in sets
        ]
        if contestant != BARE:
            rows.append([ENTRIES[contestant].title, *cells])
    return rows


def _ratio(score: Score | None) -> str:
    return "-" if score is None else f"{score.ratio:.2f}"


def cpu(scores: Sequence[Score]) -> Rows:
    """CPU milliseconds per image by part, of one contestant."""
    roles = sorted(
        {role for score in scores for role in score.run.cpu_ms}, key=lambda role: (role != OWN, role)
    )
    rows = [[role, *(f"{score.run.cpu_ms.get(role, 0.0):.2f}" for score in scores)] for role in roles]
    total = ["in all", *(f"{score.run.cpu_ms_in_all:.2f}" for score in scores)]
    return [_heading(scores), *rows, total]


def parts(scores: Sequence[Score]) -> Rows:
    """Wall-clock milliseconds per image by stage, of one contestant that knows them."""
    names = list(dict.fromkeys(name for score in scores for name in score.run.parts))
    rows = [[name, *(f"{score.run.parts.get(name, 0.0):.1f}" for score in scores)] for name in names]
    return [_heading(scores), *rows]


def _heading(scores: Sequence[Score]) -> list[str]:
    return ["", *(f"{score.pictures.title}, {score.filter}" for score in scores)]


def scaling(steps: Sequence[Step]) -> Rows:
    rows = [["", "workers of one core", "images/s", "MP/s", "speed-up", "efficiency"]]
    for step in steps:
        run = step.run
        cells = [f"{run.per_second:.1f}", f"{run.megapixels_per_second:.0f}", f"{step.speed_up:.2f}"]
        rows.append([ENTRIES[step.kind].title, str(step.workers), *cells, f"{step.efficiency:.2f}"])
    return rows


def break_even(found: BreakEven) -> Rows:
    rows = [["photographs", "through DPIP, s", "one after the other, s"]]
    for size, ours, theirs in zip(found.sizes, found.dpip_s, found.sequential_s, strict=True):
        rows.append([str(size), f"{ours:.2f}", f"{theirs:.2f}"])
    return rows


def rest(found: AtRest) -> Rows:
    rows = [["", "CPU, % of one core", "memory (PSS), MB"]]
    rows += [
        [role, f"{found.idle_percent.get(role, 0.0):.2f}", f"{found.memory_mb[role]:.0f}"]
        for role in sorted(found.memory_mb)
    ]
    total = [f"{sum(found.idle_percent.values()):.2f}", f"{sum(found.memory_mb.values()):.0f}"]
    return [*rows, ["in all", *total]]


def latency(found: AtRest) -> Rows:
    late = found.latency
    rows = [["milliseconds", "p50", "p99", "most"]]
    for what, values in (("last byte sent", late.from_last_byte), ("answer 201", late.from_answer)):
        cells = (late.quantile(values, 0.5), late.quantile(values, 0.99), max(values))
        rows.append([f"from {what} to result downloaded", *(f"{value:.1f}" for value in cells)])
    return rows


def latency_parts(found: AtRest) -> Rows:
    parts_ = found.latency.parts.items()
    return [["on average", "ms"], *([part, f"{milliseconds:.2f}"] for part, milliseconds in parts_)]
