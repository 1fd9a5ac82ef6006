"""`make chaos`: many clients use a real system while it is attacked at random; then stock is taken.

Exit status 1 when a promise was broken. The folder with the journal, the logs and the report is kept.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.running import Plan, run


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10.0, help="of uploads and faults")
    parser.add_argument("--images", type=int, default=3000)
    parser.add_argument("--faults", type=int, default=150)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument(
        "--only", default="", help="kinds of faults, separated by commas: kill api,cut network"
    )
    parser.add_argument("--apart", action="store_true", help="each fault waits until work goes on again")
    parser.add_argument("--one-host", action="store_true", help="no network namespaces")
    parser.add_argument(
        "--folder", type=Path, help="for journal, logs and report (default: a new one in /tmp)"
    )
    given = parser.parse_args(arguments)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="dpip-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    only = frozenset(kind.strip() for kind in given.only.split(",") if kind.strip())
    plan = Plan(
        given.seed,
        given.minutes * 60,
        given.images,
        given.faults,
        given.clients,
        only,
        not given.one_host,
        given.apart,
    )
    done = run(plan, folder, shlex.join(["make", "chaos", f"ARGS={shlex.join(arguments)}"]))
    print(f"\n{(folder / 'report.md').read_text()}\njournal, logs and report: {folder}")
    return 1 if done.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
