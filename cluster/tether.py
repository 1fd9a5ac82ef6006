"""`python -m cluster.tether <parent pid> <command...>`: become a command that dies with its parent.

The kernel remembers the wish across exec, so nothing of this module stays behind. It sends the signal
when the *thread* that started the child ends: start children from a thread that lives on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from dpip.lifecycle import die_with_parent


def tethered(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` tethered to the calling process."""
    return [sys.executable, "-P", "-m", "cluster.tether", str(os.getpid()), *command]


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    die_with_parent()
    if os.getppid() != parent:  # it died before the kernel knew of the wish
        raise SystemExit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
