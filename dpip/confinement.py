"""What a process takes upon itself before it touches a picture that may be its end."""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

_FIRST_VICTIM = "1000"  # whom the kernel ends when the machine runs out of memory


def confine(memory_bytes: int, cpu_s: int | None = None) -> None:
    """Allow this process so much memory beyond what it has, so many seconds of CPU time, and no core file."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_VICTIM)
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        allowed = pages * resource.getpagesize() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    if cpu_s is not None:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
