"""One program through one task, in a process of its own."""

from __future__ import annotations

import json
import resource
import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from benchmarks.pixels.tasks import target_suffix
from benchmarks.pixels.ways import all_ways

_KIB = 1024


def main(name: str, task: str, cores: int, passes: int, out: Path, sources: list[Path]) -> None:
    way = all_ways()[name]
    sources = sources * passes
    targets = [
        out / (f"{number // (len(sources) // passes)}-{source.stem}" + target_suffix(source.suffix, task))
        for number, source in enumerate(sources)
    ]
    warm = [out / f"warm-{number}{targets[0].suffix}" for number in range(cores)]
    pool: Executor = ProcessPoolExecutor(cores) if way.in_processes else ThreadPoolExecutor(cores)
    with pool:
        list(pool.map(way.work, sources[:1] * cores, warm, [task] * cores))
        start, spent = time.perf_counter(), _cpu_s()
        list(pool.map(way.work, sources, targets, [task] * len(sources)))
        seconds = time.perf_counter() - start
        peaks = list(pool.map(_peak_bytes, [0.2] * cores)) if way.in_processes else []
    cpu_s = _cpu_s() - spent
    programs = cores * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _KIB
    peak = _peak_bytes() + (sum(peaks) if way.in_processes else programs)
    size = sum(target.stat().st_size for target in targets)
    print(json.dumps({"seconds": seconds, "cpu_s": cpu_s, "peak_bytes": peak, "result_bytes": size}))


def _peak_bytes(pause_s: float = 0.0) -> int:
    """Of this process. (Its maxrss would be its parent's, where that had more before the exec.) The pause
    lets every process of a pool have one of these."""
    time.sleep(pause_s)
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * _KIB for line in status if line.startswith("VmHWM"))


def _cpu_s() -> float:
    """Of this process and those that it waited for: a pool's count once it is closed."""
    kinds = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in kinds)


if __name__ == "__main__":
    _, given_way, given_task, given_cores, given_passes, given_out, *given_sources = sys.argv
    main(
        given_way,
        given_task,
        int(given_cores),
        int(given_passes),
        Path(given_out),
        [Path(path) for path in given_sources],
    )
