"""Where libjpeg-turbo's TurboJPEG interface is to be had: in a package of the release, or in the system.

OpenCV and Pillow bring libjpeg-turbo too, but not this part of it. The package is pylibjxl, a binding of JPEG
XL and JPEG: all of libjpeg-turbo is in its extension module, which is loaded as a shared library; nothing of
it is imported or run. It is there for Linux on x86_64. Elsewhere the system's own search finds its
`libturbojpeg`, if it is installed; nothing is told by the environment or a setting.

Why so, and what else there was: docs/adr/0007-jpeg-at-the-codecs-own-speed.md
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_PACKAGE = "pylibjxl"
_OF_THE_SYSTEM = ("libturbojpeg.so.0", "libturbojpeg.0.dylib", "turbojpeg.dll")
_FUNCTIONS = ("tjTransform", "tjDecompressToYUVPlanes", "tjCompressFromYUVPlanes", "tjPlaneWidth")

_allow_the_systems = True


def allow_the_systems(yes: bool) -> None:
    """Whether this process may use a library that the release does not bring."""
    global _allow_the_systems  # noqa: PLW0603 - of the whole process, as the library is
    _allow_the_systems = yes


def are_the_systems_allowed() -> bool:
    return _allow_the_systems


def library() -> Any:
    """None where there is none that may be used. Its functions let other threads of Python run."""
    return _loaded(_allow_the_systems)


@functools.cache
def _loaded(with_the_systems: bool) -> Any:
    for name in (*_in_the_package(), *(_OF_THE_SYSTEM if with_the_systems else ())):
        with contextlib.suppress(OSError, AttributeError):
            found = ctypes.CDLL(name)
            for function in _FUNCTIONS:
                getattr(found, function)
            return found
    return None


def _in_the_package() -> Iterator[str]:
    """Its extension module, found without importing the package."""
    spec = find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for suffix in EXTENSION_SUFFIXES:
            path = Path(folder) / f"_{_PACKAGE}{suffix}"
            if path.exists():
                yield str(path)


@functools.cache
def prompt(path: str) -> Any:
    """The library of this name for calls that take a microsecond: Python's lock, which others would take over
    meanwhile, is kept."""
    found = ctypes.PyDLL(path)
    for function in ("tjInitTransform", "tjInitDecompress", "tjInitCompress"):
        getattr(found, function).restype = ctypes.c_void_p
    found.tjBufSize.restype = ctypes.c_ulong
    return found


@functools.cache
def identity(path: str) -> str:
    """The package with its version; or, as the library does not tell its release, the file that was loaded
    and the beginning of its SHA-256."""
    if Path(path).name.startswith(f"_{_PACKAGE}"):
        return f"{_PACKAGE} {version(_PACKAGE)}"
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/maps").read_text().splitlines():
            file = Path(line.partition("/")[1] + line.partition("/")[2])
            if file.name.startswith("libturbojpeg"):
                return f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
    return path
