"""What a worker says of its machine: once when it subscribes, and in each report."""

from __future__ import annotations

import os
import socket

import psutil

from dpip.domain import Load, Machine
from imaging.codec_set import codec_set
from worker.cgroup import core_limit, memory_left, memory_limit
from worker.gpus import GpuWatch


def usable_cores() -> int:
    """Cores that this process may use, by affinity and by quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = core_limit()
    return cores if limit is None else min(cores, limit)


class Meter:
    """Reads the machine's resources."""

    def __init__(self, cores: int, gpus: GpuWatch) -> None:
        self._cores = cores
        self._gpus = gpus
        psutil.cpu_percent()  # its first answer means nothing: it measures from call to call

    def machine(self) -> Machine:
        total = psutil.virtual_memory().total
        limit = memory_limit()
        return Machine(
            host=socket.gethostname(),
            cores=self._cores,
            memory_total=total if limit is None else min(total, limit),
            gpus=self._gpus.read(),
            codecs=codec_set(),
        )

    def load(self, running_jobs: int) -> Load:
        """CPU use is the mean since the last call."""
        available = psutil.virtual_memory().available
        left = memory_left()
        return Load(
            cpu_percent=psutil.cpu_percent(),
            memory_available=available if left is None else min(available, left),
            running_jobs=running_jobs,
            gpus=self._gpus.read(),
        )
