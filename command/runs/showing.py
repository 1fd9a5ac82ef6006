"""A run as it is seen: a bar on a terminal, a line now and then elsewhere; at the end a summary."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from command.output import printable
from command.printing import counted, hanging
from command.runs.runner import Show
from command.runs.tally import Tally

_LINE_EVERY_S = 5.0
_MOST_SHOWN = 20


@contextmanager
def progress(total: int, *, quiet: bool) -> Iterator[Show]:
    """On standard error, so that what is piped stays clean."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(total) as show:
            yield show
    else:
        yield _Lines().show


class _Lines:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def show(self, tally: Tally) -> None:
        now = time.monotonic()
        if now - self._last >= _LINE_EVERY_S:
            self._last = now
            sys.stderr.write(
                f"{tally.ended} of {tally.total} done, {tally.sent} uploaded, {len(tally.bad)} failed\n"
            )


@contextmanager
def _bar(total: int) -> Iterator[Show]:
    from rich.console import Console  # noqa: PLC0415 - a pipe does not wait for it
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[rest]}", style="dim"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("filtering", total=total, rest="")

        def show(tally: Tally) -> None:
            bar.update(task, completed=tally.ended, rest=doing(tally, bar.tasks[task].speed))

        yield show


def doing(tally: Tally, per_second: float | None) -> str:
    """Beside the bar: what there is to say now."""
    uploads = f"{tally.sent} uploaded" if tally.sent < tally.total else f"{tally.running} running"
    words = [f"{per_second:.1f}/s"] if per_second else []
    words += [uploads] if tally.ended < tally.total else []
    words += [f"{len(tally.bad)} failed"] if tally.bad else []
    return ", ".join(words)


def summary(tally: Tally, out: Path) -> str:
    """What came of it, failures with their reasons."""
    before = f", {tally.saved_before} of them before" if tally.saved_before else ""
    fresh = tally.saved - tally.saved_before
    rate = f" in {tally.seconds:.1f} s ({fresh / tally.seconds:.1f}/s)" if tally.seconds and fresh else ""
    results, pictures = counted(tally.saved, "result"), counted(tally.total, "picture")
    lines = [f"{results} of {pictures} saved in {out}{before}{rate}"]
    lines += [f"{counted(count, 'result')}: {printable(note)}" for note, count in tally.notes.items()]
    if tally.bad:
        lines.append(f"{counted(len(tally.bad), 'picture')} failed:")
        shown = list(tally.bad.items())
        lines += [hanging(printable(why), f"  {printable(name)}: ") for name, why in shown[:_MOST_SHOWN]]
        if len(shown) > _MOST_SHOWN:
            lines.append(f"  and {len(shown) - _MOST_SHOWN} more: dpip status {tally.workload} --json")
    return "\n".join(lines) + "\n"
