"""`make e2e`: a fresh system in a folder of its own, a video through it and back, and nothing left behind."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.e2e import video_roundtrip
from tests.system.system import PASSWORD, USER, System

GONE_WITHIN_S = 5.0


def main(arguments: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="dpip-e2e-home-") as folder:
        began = time.monotonic()
        system = System(Path(folder))
        family: list[psutil.Process] = []
        try:
            client = system.ready()
            print(f"a fresh system is ready after {time.monotonic() - began:.1f} s")
            status = video_roundtrip.main(
                ["--url", client.url, "--user", USER, "--password", PASSWORD, *arguments]
            )
            client.close()
            family = system.descendants()
        finally:
            began = time.monotonic()
            system.stop()
        print(f"the system is stopped after {time.monotonic() - began:.1f} s")
        _, left = psutil.wait_procs(family, timeout=GONE_WITHIN_S)
        if left:
            print(f"processes were left behind: {left}", file=sys.stderr)
            return 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
