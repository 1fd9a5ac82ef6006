"""`make overload`: more uploads at once than the API takes, and what its clients meet.

Exit status 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.overload.clients import Tally, overload
from tests.overload.targets import Target, api_alone, whole_system
from tests.overload.verdict import MEBIBYTE, broken_promises
from tests.pictures import encode, photograph


def main() -> int:
    parser = argparse.ArgumentParser(prog="make overload", description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--megapixels", type=float, default=2.0, help="of the picture that is uploaded")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--whole", action="store_true", help="the whole system with a worker, not the API alone"
    )
    given = parser.parse_args()
    picture = encode(photograph(given.seed, given.megapixels), "jpeg")
    started = whole_system if given.whole else api_alone
    with tempfile.TemporaryDirectory(prefix="dpip-overload-") as folder, started(Path(folder)) as target:
        memory = Memory(target.serving)
        tally = load(target, picture, given.clients, given.seconds, given.seed)
        grown = memory.stop()
    tell(tally, given.clients, given.seconds, len(picture), grown)
    broken = list(broken_promises(tally, grown))
    for words in broken:
        print(f"BROKEN: {words}")
    return 1 if broken else 0


def load(target: Target, picture: bytes, clients: int, seconds: float, seed: int) -> Tally:
    where = (target.port, target.token, target.workload_id)
    return asyncio.run(overload(*where, picture, clients=clients, seconds=seconds, seed=seed))


class Memory:
    """Looks a few times per second how much the serving processes hold (bytes)."""

    def __init__(self, processes: Sequence[psutil.Process]) -> None:
        self._processes = processes
        self.seen: list[int] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.25):
            with contextlib.suppress(psutil.NoSuchProcess):  # the API ends first where a test fails
                self.seen.append(sum(process.memory_info().rss for process in self._processes))

    def stop(self) -> tuple[int, int]:
        """At a third of the time, when all threads had their first requests, and the most from then on."""
        self._over.set()
        self._thread.join()
        settled = len(self.seen) // 3
        return self.seen[settled], max(self.seen[settled:])


def tell(tally: Tally, clients: int, seconds: float, size: int, memory: tuple[int, int]) -> None:
    statuses = ", ".join(f"{count:,} x {status}" for status, count in sorted(tally.statuses.items()))
    print(f"{clients} clients, pictures of {size:,} bytes, {seconds:g} s")
    print(f"answers: {statuses}; without an answer: {dict(tally.broken) or 'none'}")
    print(f"kept per second: {tally.statuses[201] / seconds:.0f}")
    quantiles = ", ".join(
        f"p{part:g} {1e3 * tally.status_quantile(part / 100):.0f} ms" for part in (50, 99, 100)
    )
    print(f"GET /status meanwhile, {len(tally.status_s):,} times: {quantiles}")
    print(f"memory: {memory[0] / MEBIBYTE:.0f} MiB, at most {memory[1] / MEBIBYTE:.0f} MiB after that")


if __name__ == "__main__":
    sys.exit(main())
