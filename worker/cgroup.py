"""What the container that this process may be in leaves it of cores and memory (Linux control groups)."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path

_V2 = Path("/sys/fs/cgroup")
_V1_MEMORY = Path("/sys/fs/cgroup/memory")
_NO_LIMIT = 2**60  # the old interface has no word for it, but a huge number


def memory_limit() -> int | None:
    """The tightest limit in bytes; None when there is none."""
    limits = [limit for limit, _ in _limits()]
    return min(limits, default=None)


def memory_left() -> int | None:
    """Bytes until the tightest limit; None when there is none. Page cache that can go counts as free."""
    return min((max(0, limit - used) for limit, used in _limits()), default=None)


def core_limit() -> int | None:
    """Whole cores that the quota allows, at least 1; None when there is no quota."""
    quotas = []
    for group in _groups():
        with contextlib.suppress(OSError, ValueError):
            quota, period = (group / "cpu.max").read_text().split()
            if quota != "max":
                quotas.append(int(quota) / int(period))
    return max(1, math.ceil(min(quotas))) if quotas else None


def _limits() -> Iterator[tuple[int, int]]:
    """(limit, used) of every group with a limit."""
    for group in _groups():
        yield from _limit(group / "memory.max", group / "memory.current", group / "memory.stat")
    yield from _limit(
        _V1_MEMORY / "memory.limit_in_bytes", _V1_MEMORY / "memory.usage_in_bytes", _V1_MEMORY / "memory.stat"
    )


def _limit(limit_file: Path, used_file: Path, stat_file: Path) -> Iterator[tuple[int, int]]:
    with contextlib.suppress(OSError, ValueError):
        limit = int(limit_file.read_text())
        if limit < _NO_LIMIT:
            yield limit, int(used_file.read_text()) - _cache(stat_file)


def _cache(stat_file: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in stat_file.read_text().splitlines():
            name, value = line.split()
            if name in {"inactive_file", "total_inactive_file"}:
                return int(value)
    return 0


def _groups() -> Iterator[Path]:
    """This process's group and those around it."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    own = next((line.removeprefix("0::") for line in lines if line.startswith("0::")), None)
    if own is None:
        return
    group = _V2 / own.strip("/")
    while group != _V2.parent:
        yield group
        group = group.parent
