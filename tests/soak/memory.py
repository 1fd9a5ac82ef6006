"""What processes hold over time, and whether it grows."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import psutil

MEBIBYTE = 2**20
EVERY_S = 2.0
WARM_UP_PART = 1 / 3  # of the time: caches, pools and connections fill
NOISE_MIB = 8.0  # an allocator gives back in pieces
GROWTH_PART = 0.08  # of what is held, over all of the time after the warm-up

Points = Sequence[tuple[float, float]]  # minutes, MiB


def role_of(words: Sequence[str]) -> str | None:
    """Whose memory this is, by the command line; none for what is not ours."""
    if words and words[0].startswith("ray::WorkerActor"):
        return "worker actor"
    if words[1:3] == ["-P", "-m"] and len(words) > 3:
        return {"cluster": "ray head's keeper"}.get(words[3], words[3])
    return "supervisor" if words[1:4] == ["-m", "command", "up"] else None


@dataclass
class Watch:
    """Looks at a process and all below it, again and again, in a thread."""

    root: psutil.Process
    every_s: float = EVERY_S
    seen: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._began = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(self.every_s):
            sums: dict[str, float] = defaultdict(float)
            for process in [self.root, *self.root.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    role = role_of(process.cmdline())
                    if role:
                        sums[role] += process.memory_info().rss / MEBIBYTE
            at = (time.monotonic() - self._began) / 60
            for role, held in sums.items():
                self.seen[role].append((at, held))

    def stop(self) -> Mapping[str, Points]:
        self._over.set()
        self._thread.join()
        return self.seen


@dataclass(frozen=True)
class Trend:
    """A straight line by least squares through what was held after the warm-up."""

    role: str
    mean_mib: float
    mib_per_hour: float
    grown_mib: float  # by the line, from the warm-up's end to the end

    @property
    def allowed_mib(self) -> float:
        return NOISE_MIB + GROWTH_PART * self.mean_mib

    @property
    def flat(self) -> bool:
        return self.grown_mib <= self.allowed_mib


def trend(role: str, points: Points) -> Trend:
    first, last = points[0][0], points[-1][0]
    settled = [(at, held) for at, held in points if at >= first + (last - first) * WARM_UP_PART]
    times, values = np.array(settled).T
    slope = float(np.polyfit(times, values, 1)[0]) if len(settled) > 2 else 0.0  # MiB per minute
    return Trend(role, float(values.mean()), slope * 60, slope * float(times[-1] - times[0]))
