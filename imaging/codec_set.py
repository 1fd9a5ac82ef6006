"""What decodes, filters and encodes here: with the same set, the same job gives the same bytes."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from dpip import __version__
from imaging import turbo

Codecs = Literal["fastest", "locked"]
_DISTRIBUTIONS = ("opencv-python-headless", "pillow", "pillow-heif", "numpy", "isal")


def use_codecs(which: Codecs) -> None:
    """For this process. fastest: all that this machine has. locked: nothing beyond what the lock file of the
    release brings, which is alike on all machines of one kind."""
    turbo.allow(which == "fastest")


def codecs_used() -> Codecs:
    return "fastest" if turbo.is_allowed() else "locked"


def codec_set() -> tuple[str, ...]:
    """Names with versions. None of the libraries is loaded for it but libturbojpeg."""
    installed = (f"{name} {found}" for name in _DISTRIBUTIONS if (found := installed_version(name)))
    system = f"turbojpeg {turbo.name()}" if turbo.available() else "turbojpeg none"
    return (f"dpip {__version__}", *installed, system, platform.machine())


@cache
def installed_version(distribution: str) -> str | None:
    """None where it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
