"""What a run took: seconds of wall clock, and CPU time by group of processes."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import psutil

_MODULES = {
    "-m controller": "controller",
    "-m scheduler": "scheduler",
    "-m api": "api",
    "-m worker": "workers",
    "-m cluster": "ray",
    "-m command": "supervisor",
}
ACTORS = "actors"
GROUPS = ("client", "api", "scheduler", "controller", "workers", ACTORS, "ray", "supervisor")
_ACTOR_TITLE = "ray::WorkerActor"


@dataclass(frozen=True, slots=True)
class Run:
    """One pass of all pictures. CPU is milliseconds per image; `parts` is wall milliseconds per job."""

    images: int
    seconds: float
    cpu_ms: Mapping[str, float]
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return self.images / self.seconds

    @property
    def cpu_ms_in_all(self) -> float:
        return sum(self.cpu_ms.values())


@dataclass(slots=True)
class Watched:
    """CPU seconds of every process of the system since it started, by process id."""

    root: int  # process id of the supervisor

    def snapshot(self) -> dict[tuple[int, float], tuple[str, float]]:
        """(process id, start) -> (group, CPU seconds so far)."""
        seen = {}
        for process in [psutil.Process(self.root), *psutil.Process(self.root).children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                key = (process.pid, process.create_time())
                seen[key] = (self._group(process), times.user + times.system)
        return seen

    def _group(self, process: psutil.Process) -> str:
        """By its own command line, else by its nearest ancestor's."""
        for relative in [process, *process.parents()]:
            line = " ".join(relative.cmdline())
            if line.startswith(_ACTOR_TITLE):
                return ACTORS
            for mark, group in _MODULES.items():
                if mark in line:
                    return group
            if relative.pid == self.root:
                break
        return "ray"


def spent_ms(
    before: Mapping[tuple[int, float], tuple[str, float]],
    after: Mapping[tuple[int, float], tuple[str, float]],
) -> dict[str, float]:
    """CPU milliseconds between two snapshots, by group. What ended in between is not seen."""
    spent = dict.fromkeys(GROUPS, 0.0)
    for key, (group, seconds) in after.items():
        spent[group] += 1000 * (seconds - before.get(key, (group, 0.0))[1])
    return spent


def used_memory(root: int) -> dict[str, float]:
    """Memory that only these processes use (USS), in megabytes by group."""
    watched = Watched(root)
    used = dict.fromkeys(GROUPS, 0.0)
    for process in [psutil.Process(root), *psutil.Process(root).children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            used[watched._group(process)] += process.memory_full_info().uss / 1e6
    return used
