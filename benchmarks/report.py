"""The benchmark's report: Markdown with plots beside it, and the figures as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import svg, tables
from benchmarks.at_rest import AtRest
from benchmarks.contest import Contest
from benchmarks.machine import described, load
from benchmarks.rivals.catalogue import BARE, ENTRIES
from benchmarks.scaling import BreakEven, Step

NAME = "end_to_end"
_DETAILED = ("dpip", "dpip-bulk", "flask-celery")


@dataclass(slots=True)
class Report:
    """What was measured so far; a part that was left out is empty or None."""

    options: Mapping[str, object]
    contest: Contest = field(default_factory=Contest)
    scaling: list[Step] = field(default_factory=list)
    break_even: BreakEven | None = None
    at_rest: AtRest | None = None
    skipped: dict[str, str] = field(default_factory=dict)
    load_before: float = field(default_factory=load)
    load_after: float = 0.0
    machine: str = field(default_factory=described)


def write(report: Report, folder: Path) -> Path:
    """`end_to_end.md` with its `.svg` files, and `end_to_end.json`. Returns the path of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    plots = _plots(report)
    for name, drawing in plots.items():
        (folder / f"{name}.svg").write_text(drawing)
    target = folder / f"{NAME}.md"
    target.write_text(markdown(report, list(plots)))
    values = {"at": datetime.now(UTC).isoformat(), **asdict(report)}
    (folder / f"{NAME}.json").write_text(json.dumps(values, indent=1, default=str))
    return target


_READING = """\
Ratio: images per second beside those of a loop that decodes, filters and encodes in memory with a thread
per core (JPEG quality 90, PNG zlib level 3), run before each run; the median, and its spread. By CPU: the
same by CPU time. Others: how much of the machine went to programs that are not measured; from a tenth on,
the ratio says little (many processes get more of a busy machine than one), and the one by CPU time more.
From the first byte of the first upload to the last result downloadable (files in place: to the last file
written), with client and services on the same cores. Peak MB: memory of all processes that is not backed by
files, without the pictures that a client holds. Result size: beside the loop's. PSNR: the least of some
results beside the loop's; other definitions of luma and other blurs differ.
"""


def markdown(report: Report, plots: Sequence[str]) -> str:
    about = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {report.machine}."
    loads = f"Load before: {report.load_before:.1f}, after: {report.load_after:.1f}."
    title = "# DPIP beside a bare OpenCV loop, and beside others"
    text = [title, "", f"{about} {loads}", "", _READING]
    if report.contest.scores:
        text += _section("Ratios to the bare loop", tables.ratios(report.contest))
    for pictures in dict.fromkeys(score.pictures.name for score in report.contest.scores):
        title = next(s.pictures.title for s in report.contest.scores if s.pictures.name == pictures)
        text += _section(title, tables.speed(report.contest, pictures))
        text += [f"![{title}]({pictures}.svg)", ""] if pictures in plots else []
    for name in _DETAILED:
        scores = [score for score in report.contest.scores if score.contestant == name]
        if scores:
            title = ENTRIES[name].title.replace("*", "")
            text += _section(f"CPU milliseconds per image: {title}", tables.cpu(scores))
            if scores[0].run.parts:
                text += _section(f"Wall-clock milliseconds per image: {title}", tables.parts(scores))
    text += _scaling(report)
    text += _rest(report)
    absent = {**report.contest.absent, **report.skipped}
    if absent:
        text += [
            "## Not measured",
            "",
            *(f"- {_called(name)}: {_short(why)}" for name, why in absent.items()),
            "",
        ]
    return "\n".join(text)


def _called(name: str) -> str:
    return ENTRIES[name].title.replace("*", "") if name in ENTRIES else name


def _short(reason: str) -> str:
    return reason.splitlines()[0][:200] if reason else "no reason given"


def _scaling(report: Report) -> list[str]:
    text: list[str] = []
    if report.scaling:
        text += _section("Speed-up over workers", tables.scaling(report.scaling))
    found = report.break_even
    if found is not None:
        text += _section(f"Break-even: {found.filter}", tables.break_even(found))
        sentence = (
            f"DPIP is done before one thread from {_pictures(found.running)} on when it runs already, and "
            f"from {_pictures(found.from_nothing)} on when it has to be started ({found.start_s:.1f} s)."
        )
        text += [sentence, "", "![Break-even](break-even.svg)", ""]
    return text


def _pictures(count: float | None) -> str:
    return "no number of pictures" if count is None else f"{count:.0f} photographs"


def _rest(report: Report) -> list[str]:
    found = report.at_rest
    if found is None:
        return []
    upload = found.upload
    sentence = (
        f"`dpip up` is ready after {found.ready_s:.1f} s. While {upload.uploaded_mb:.0f} MB come in within "
        f"{upload.seconds:.1f} s, the API's processes take {upload.peak_mb:.0f} MB at most "
        f"(resident; {upload.before_mb:.0f} MB before)."
    )
    return [
        *_section("At rest", tables.rest(found)),
        sentence,
        "",
        *_section("Latency of one small picture on an idle system", tables.latency(found)),
        *_section("Where that time goes", tables.latency_parts(found)),
    ]


def _section(title: str, rows: tables.Rows) -> list[str]:
    heading, *others = rows
    return [f"## {title}", "", _line(heading), _line(["---"] * len(heading)), *map(_line, others), ""]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plots(report: Report) -> dict[str, str]:
    drawings = {}
    contest = report.contest
    filters = list(dict.fromkeys(score.filter for score in contest.scores))
    for pictures in dict.fromkeys(score.pictures.name for score in contest.scores):
        scores = [score for score in contest.scores if score.pictures.name == pictures]
        names = [n for n in dict.fromkeys(score.contestant for score in scores) if n != BARE]
        series = [
            svg.Series(_called(name), [_bar(contest, name, pictures, filter_name) for filter_name in filters])
            for name in names
        ]
        title = f"{scores[0].pictures.title}: images per second, ratio to the bare loop"
        drawings[pictures] = svg.bars(title, filters, series, mark=1.0)
    found = report.break_even
    if found is not None:
        drawings["break-even"] = svg.lines(
            f"Break-even, {found.filter}",
            [
                svg.Series("through DPIP", points=list(zip(found.sizes, found.dpip_s, strict=True))),
                svg.Series("in one thread", points=list(zip(found.sizes, found.sequential_s, strict=True))),
            ],
            "photographs in the batch",
            "seconds",
        )
    return drawings


def _bar(contest: Contest, name: str, pictures: str, filter_name: str) -> svg.Bar | None:
    score = contest.score(name, pictures, filter_name)
    return None if score is None else svg.Bar(score.ratio.median, score.ratio.low, score.ratio.high)
