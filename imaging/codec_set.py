"""What decodes, filters and encodes here: with the same set, the same job gives the same bytes."""

from __future__ import annotations

import contextlib
import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from dpip import __version__
from imaging import turbo, turbo_library

_FLAGS = re.compile(r"^flags\s*:(.*)$", re.MULTILINE)

Codecs = Literal["fastest", "locked"]
_DISTRIBUTIONS = ("opencv-python-headless", "pillow", "pillow-heif", "numpy", "isal")


def use_codecs(which: Codecs) -> None:
    """For this process. fastest: all that this machine has. locked: nothing beyond what the lock file of the
    release brings, which is alike on all machines of one kind."""
    turbo_library.allow_the_systems(which == "fastest")


def codecs_used() -> Codecs:
    return "fastest" if turbo_library.are_the_systems_allowed() else "locked"


def codec_set() -> tuple[str, ...]:
    """Names with versions. None of the libraries is loaded for it but libturbojpeg."""
    installed = (f"{name} {found}" for name in _DISTRIBUTIONS if (found := installed_version(name)))
    system = f"turbojpeg {turbo.name()}" if turbo.available() else "turbojpeg none"
    return (f"dpip {__version__}", *installed, system, _processor())


@cache
def _processor() -> str:
    """Its kind. On x86_64 without AVX2, what is computed in floating point is rounded otherwise."""
    kind = platform.machine()
    if kind == "x86_64":
        with contextlib.suppress(OSError):
            flags = _FLAGS.search(Path("/proc/cpuinfo").read_text())
            return f"{kind}, with{'' if flags and 'avx2' in flags[1].split() else 'out'} AVX2"
    return kind


@cache
def installed_version(distribution: str) -> str | None:
    """None where it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
