"""What it was measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psutil

_PACKAGES = ("ray", "opencv-python-headless", "numpy", "pillow", "flask", "sqlalchemy", "pynng")


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0))


def described() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{cores()} cores ({_processor()}), {memory:.0f} GiB, {platform.platform()}, "
        f"Python {platform.python_version()}, {packages}"
    )


def load() -> float:
    """Processes that wanted a core, on average over the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
