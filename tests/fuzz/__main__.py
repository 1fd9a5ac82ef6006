"""`make fuzz`: break files for as many seconds as are asked for, on both cores, and say what was found."""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from concurrent.futures import ThreadPoolExecutor

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

    with ThreadPoolExecutor(chosen.processes) as pool:
        done = list(pool.map(part, range(chosen.processes)))
    findings = [finding for _, found in done for finding in found]
    print(f"{sum(count for count, _ in done):,} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
