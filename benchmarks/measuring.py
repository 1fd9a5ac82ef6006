"""What a run took: seconds of wall clock, CPU time by part, and the most memory that was in use."""

from __future__ import annotations

import contextlib
import statistics
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

OWN = "client"  # the contestant's own process: the client of a service, all of a program
OTHER = "other"
_MEMORY_EVERY_S = 0.25
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Run:
    """One pass of all pictures. CPU and `parts` are milliseconds per image; CPU by part of the system."""

    images: int
    megapixels: float
    seconds: float
    cpu_ms: Mapping[str, float]
    peak_mb: float  # memory of all processes together, without the pictures that a client holds
    result_bytes: int = 0
    others: float = 0.0  # share of the machine's time that went to what is not measured
    psnr_db: float = 0.0  # the worst of some samples, beside the bare loop's results
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return self.images / self.seconds

    @property
    def megapixels_per_second(self) -> float:
        return self.megapixels / self.seconds

    @property
    def cpu_ms_in_all(self) -> float:
        return sum(self.cpu_ms.values())


def median(runs: Sequence[Run]) -> Run:
    """The run of median speed: its parts belong together."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


@dataclass(frozen=True, slots=True)
class Spread:
    """Several measurements of the same thing."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    def __format__(self, spec: str) -> str:
        return format(self.median, spec)


@dataclass(frozen=True, slots=True)
class Tree:
    """A process and all below it."""

    root: int
    roles: Mapping[str, str] = field(default_factory=dict)

    def processes(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(self.root)
            return [root, *root.children(recursive=True)]
        return []

    def cpu_ms(self) -> dict[str, float]:
        """CPU time so far by part; that of processes that ended counts for their parents."""
        spent: dict[str, float] = {}
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                role = self.role(process)
                seconds = times.user + times.system + times.children_user + times.children_system
                spent[role] = spent.get(role, 0.0) + 1000 * seconds
        return spent

    def memory_mb(self) -> dict[str, float]:
        """Memory that is not backed by files (anonymous and shared), by part; read at little cost."""
        used: dict[str, float] = {}
        for process in self.processes():
            with contextlib.suppress(psutil.Error, OSError):
                role = self.role(process)
                used[role] = used.get(role, 0.0) + _unbacked_mb(process.pid)
        return used

    def role(self, process: psutil.Process) -> str:
        """By its own command line, else by its nearest ancestor's."""
        if process.pid == self.root:
            return OWN
        for relative in [process, *process.parents()]:
            if relative.pid == self.root:
                break
            line = " ".join(relative.cmdline())
            for mark, role in self.roles.items():
                if mark in line:
                    return role
        return OTHER


class Busy:
    """CPU time of the whole machine since this was made, what its host withheld included."""

    def __init__(self) -> None:
        self._began = _busy_ms()

    def others(self, own_ms: float, seconds: float) -> float:
        """The share of the machine that others than us had."""
        capacity = 1000 * seconds * (psutil.cpu_count() or 1)
        return max(_busy_ms() - self._began - own_ms, 0.0) / capacity


def _busy_ms() -> float:
    times = psutil.cpu_times()
    return 1000 * float(sum(times[:8]) - times.idle - times.iowait)


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {role: max(value - before.get(role, 0.0), 0.0) for role, value in after.items()}


@contextlib.contextmanager
def memory_peak(tree: Tree) -> Iterator[list[float]]:
    """Look at the memory four times a second; the list's only value is the most there was, in MB."""
    peak = [sum(tree.memory_mb().values())]
    done = threading.Event()

    def look() -> None:
        while not done.wait(_MEMORY_EVERY_S):
            peak[0] = max(peak[0], sum(tree.memory_mb().values()))

    thread = threading.Thread(target=look, name="memory")
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def _unbacked_mb(pid: int) -> float:
    total = 0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(("RssAnon:", "RssShmem:")):
            total += int(line.split()[1])
    return total * 1024 / _MB
