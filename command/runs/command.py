"""Wiring of `dpip run`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from command import printing, talking
from command.exits import DONE, INTERRUPTED, SOME_FAILED, USAGE, Ended
from command.runs.inputs import collect
from command.runs.journal import Journal, Order
from command.runs.runner import Runner
from command.runs.showing import progress, summary
from command.runs.tally import Tally
from command.target import Target
from film.formats import VIDEO_FORMATS
from imaging.formats import canonical_name

_VIDEOS = {format_.extension for format_ in VIDEO_FORMATS.values()}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What was asked for on the command line."""

    paths: Sequence[Path]
    order: Order
    out: Path
    name: str | None
    everything: bool
    fresh: bool
    json: bool
    url: str | None
    ca: Path | None


def run(options: RunOptions) -> int:
    """The exit status. Raises `Ended`."""
    for path in options.paths:
        if path.is_file() and path.suffix.lower() in _VIDEOS:
            raise Ended(f"{path} is a video: dpip video {path} filters it", USAGE)
    inputs = collect(options.paths, options.out, _is_picture, options.everything)
    if not inputs.files:
        raise Ended("there is no file that is called like a picture; --all takes every file", USAGE)
    if inputs.passed_over:
        count = printing.counted(inputs.passed_over, "file")
        printing.note(f"passing over {count} not called like pictures (--all takes every file)")
    with Journal(options.out, options.order, afresh=options.fresh) as journal:
        with progress(len(inputs.files), quiet=options.json) as show:
            runner = Runner(journal, inputs.files, options.out, show, canonical_name)
            try:
                tally = runner.as_before() if runner.nothing_left else _go(runner, options)
            except KeyboardInterrupt:
                tally = runner.tally
                interrupted = True
            else:
                interrupted = False
        if interrupted:
            done = f"interrupted: {tally.ended} of {tally.total} are done; the same command goes on from here"
            rest = f", and dpip cancel {tally.workload} gives the rest up" if tally.workload else ""
            printing.note(done + rest)
            return INTERRUPTED
    _tell(tally, options)
    return SOME_FAILED if tally.bad else DONE


def _go(runner: Runner, options: RunOptions) -> Tally:
    found = talking.target(options.url, options.ca)

    def attempt(one: Target) -> Tally:
        patient = talking.options(one, talking.LONG_PATIENCE)
        return asyncio.run(runner.run(patient, options.order, options.name))

    with talking.telling(found.url):
        return talking.renewing(found, attempt)


def _tell(tally: Tally, options: RunOptions) -> None:
    if options.json:
        printing.as_json(tally.as_json(str(options.out)))
    else:
        sys.stdout.write(summary(tally, options.out))


def _is_picture(path: Path) -> bool:
    return canonical_name(path.suffix) is not None
