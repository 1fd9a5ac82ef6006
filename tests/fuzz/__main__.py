"""`make fuzz`: break files for as many seconds as are asked for, on both cores, and say what was found.

One process breaks them blindly; the other breeds them by the lines of the engine that they reach
(`tests.fuzz.guided`), where atheris is installed.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.fuzz.breeding import TOOLS, available, ended, start
from tests.fuzz.running import Finding, tried
from tests.fuzz.seeds import seeds


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=120.0)
    parser.add_argument("--salt", type=int, default=int(time.time()), help="another one breaks otherwise")
    parser.add_argument("--formats", default=",".join(seeds()), help="separated by commas")
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    formats = chosen.formats.split(",")
    end = time.monotonic() + chosen.seconds
    guided = start(chosen.seconds, chosen.salt) if available() else None
    blind = max(1, chosen.processes - (guided is not None))
    if guided is None:
        print(f"not guided: there is no atheris in {TOOLS}", flush=True)
    print(f"salt {chosen.salt}, {chosen.seconds:g} s: {', '.join(formats)}", flush=True)

    def part(index: int) -> tuple[int, list[Finding]]:
        files = ((form, number) for number in itertools.count() for form in formats)
        count, found = 0, []
        for _, _, finding in tried(files, chosen.salt + index):
            count += 1
            if finding is not None:
                found.append(finding)
                print(finding, flush=True)
            if time.monotonic() > end:
                break
        return count, found

    try:
        with ThreadPoolExecutor(blind) as pool:
            done = list(pool.map(part, range(blind)))
    finally:
        said = ended(guided) if guided is not None else None
    findings = [finding for _, found in done for finding in found]
    print(f"{sum(count for count, _ in done):,} files, {len(findings)} findings")
    if said is not None:
        print(f"guided: {said}")
    return 1 if findings or (guided is not None and guided.returncode) else 0


if __name__ == "__main__":
    sys.exit(main())
