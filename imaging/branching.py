"""One picture through a plan: decoded once, through the common filters once, then through each branch."""

from __future__ import annotations

import io
from collections.abc import Callable

from imaging import sequences, shortcuts, stages
from imaging.containers import container_of
from imaging.deadline import Deadline
from imaging.engine import (
    Result,
    check_scans,
    decoded,
    finished,
    refusing,
    run,
    run_whole,
    stored,
    wanted_always,
)
from imaging.header import read_header
from imaging.limits import Limits
from imaging.made import Made
from imaging.metadata import Metadata
from imaging.picture import Picture
from imaging.pipeline import Pipeline
from imaging.plan import Plan
from imaging.plan_admission import check_output_of_plan, decoded_for
from imaging.structure import Header


def run_plan(
    data: bytes, plan: Plan, limits: Limits, wanted: Callable[[], None] = wanted_always
) -> tuple[tuple[str, Result], ...]:
    """The result of each output, in order: its picture is that of its pipeline run alone.

    An output that can be had of a JPEG without decoding it, and so without loss, is. Files of several frames
    or pages go through each branch as a whole. The time for decoding and for the common filters is counted to
    the first output that needed them. Raises a kind of `Refused` for whatever is wrong with the picture; then
    there is no output at all. `wanted` is called between filters and frames; what it raises ends the work.
    """
    if plan.sole is not None:
        return ((plan.outputs[0], run(data, plan.sole, limits, wanted)),)
    header = read_header(io.BytesIO(data), len(data), limits)
    check_output_of_plan(header, plan, limits)
    deadline = Deadline(limits.max_seconds, wanted)
    with refusing(header):
        check_scans(data, header)
        if header.frames > 1:
            return tuple((name, run_whole(data, header, whole, deadline)) for name, whole in plan.wholes)
        run_ = _Run(data, header, plan, deadline)
        return tuple((name, run_.result(branch)) for name, branch in plan.branches)


class _Run:
    """A file of one picture on its way."""

    def __init__(self, data: bytes, header: Header, plan: Plan, deadline: Deadline) -> None:
        self._data, self._header, self._plan, self._deadline = data, header, plan, deadline
        self._metadata: Metadata = container_of(header.format).read_metadata(io.BytesIO(data), len(data))
        self._forked: Picture | None = None
        self._notes: list[str] = []  # of the common filters

    def result(self, branch: Pipeline) -> Result:
        whole = self._plan.whole(branch)
        task = sequences.Task(self._data, self._header, whole, self._metadata, self._deadline, [])
        made = shortcuts.attempt(self._data, self._header, whole, lossless_only=True)
        return finished(task, made or self._the_long_way(task, branch))

    def _the_long_way(self, task: sequences.Task, branch: Pipeline) -> Made:
        watch = stages.Stopwatch()
        picture = self._at_the_fork(watch)
        task.notes.extend(self._notes)
        return stored(task, stages.through(branch, picture, self._deadline, task.notes), watch)

    def _at_the_fork(self, watch: stages.Stopwatch) -> Picture:
        if self._forked is None:
            picture = decoded(self._data, self._header, decoded_for(self._header, self._plan))
            watch.lap("decode")
            self._forked = stages.through(Pipeline(self._plan.trunk), picture, self._deadline, self._notes)
            watch.lap("filter")
        return self._forked
