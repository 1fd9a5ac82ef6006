from __future__ import annotations

import subprocess
import sys

import psutil

PARENT = """
import subprocess, sys, time
from cluster.tether import tethered
code = "import time; print('up', flush=True); time.sleep(300)"
child = subprocess.Popen(tethered([sys.executable, "-c", code]))
print(child.pid, flush=True)
time.sleep(300)
"""


def test_a_tethered_process_dies_with_a_killed_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        words = {parent.stdout.readline().strip(), parent.stdout.readline().strip()}
        (pid,) = (int(word) for word in words if word.isdigit())
        assert "up" in words
        child = psutil.Process(pid)
        parent.kill()
        parent.wait()
        gone, _ = psutil.wait_procs([child], timeout=5)
        assert gone or child.status() == psutil.STATUS_ZOMBIE


def test_a_parent_that_died_in_between_is_noticed() -> None:
    """The process that asked has another id than the one that is there."""
    command = [sys.executable, "-m", "cluster.tether", "1", sys.executable, "-c", "print('ran')"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
