"""libjpeg-turbo's TurboJPEG interface, where it is to be had: lossless transforms, and pictures as planes.

Only functions that it has had unchanged since release 2.0 are called, through handles that it makes: no
layout of its structures is assumed but that of `tjtransform`, which is public. It catches its own errors and
warnings; a file that makes it complain is left to the ordinary decoder.
"""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from imaging import turbo_library
from imaging.geometry import Size
from imaging.lazy import np
from imaging.picture import Pixels

if TYPE_CHECKING:
    from collections.abc import Iterator

_PERFECT, _GRAY, _PROGRESSIVE, _COPY_NOTHING = 1, 8, 32, 64  # TJXOPT
_NO_REALLOCATION, _ACCURATE_DCT, _STOP_ON_WARNING, _LIMIT_SCANS = 1024, 4096, 8192, 32768  # TJFLAG
_SCAN_BY_SCAN = 16384  # TJFLAG_PROGRESSIVE
_READING = _STOP_ON_WARNING | _LIMIT_SCANS
_COLOURS = (1, 2)  # TJCS: YCbCr, gray
_COMPONENTS = 3
_SLACK = 4096  # bytes


class Operation(IntEnum):
    """Lossless transforms, by their number in `TJXOP`."""

    NONE = 0
    FLIP_LEFT_RIGHT = 1
    FLIP_UP_DOWN = 2
    TRANSPOSE = 3
    TRANSVERSE = 4
    CLOCKWISE = 5
    HALF_TURN = 6
    COUNTERCLOCKWISE = 7


class Sampling(IntEnum):
    """How colour is sampled, by its number in `TJSAMP`."""

    FULL = 0  # 4:4:4
    HALF_ACROSS = 1  # 4:2:2
    HALF = 2  # 4:2:0
    GRAY = 3
    HALF_DOWN = 4  # 4:4:0

    @property
    def across(self) -> int:
        """Pixels to a sample of colour, from left to right."""
        return 2 if self in (Sampling.HALF_ACROSS, Sampling.HALF) else 1

    @property
    def down(self) -> int:
        return 2 if self in (Sampling.HALF_DOWN, Sampling.HALF) else 1


@dataclass(frozen=True, slots=True)
class Planes:
    """A picture as JPEG stores it: luma, blue and red difference, each height x width, uint8.

    Planes are as large as `sampling` makes them; luma may have a row and a column of filling.
    """

    width: int  # pixels
    height: int
    sampling: Sampling
    planes: tuple[Pixels, ...]


class _Transform(ctypes.Structure):
    """`tjtransform`, public since release 1.2."""

    _fields_ = (
        ("region", ctypes.c_int * 4),
        ("op", ctypes.c_int),
        ("options", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("filter", ctypes.c_void_p),
    )


_library = turbo_library.library


def _promptly() -> Any:
    return turbo_library.prompt(_library()._name)


def available() -> bool:
    return _library() is not None


def name() -> str | None:
    """Of the library, with what tells its release; None where it is not there or may not be used."""
    return turbo_library.identity(_library()._name) if available() else None


@contextmanager
def _handle(kind: str) -> Iterator[ctypes.c_void_p]:
    """For one thread, for one picture: making one takes some microseconds."""
    made = getattr(_promptly(), kind)()
    if not made:
        raise MemoryError(kind)
    handle = ctypes.c_void_p(made)
    try:
        yield handle
    finally:
        _promptly().tjDestroy(handle)


def transformed(
    data: bytes, operation: Operation, *, gray: bool = False, progressive: bool = False
) -> bytes | None:
    """The picture turned, its coefficients only put in another order; `gray`: luma alone. No metadata.

    None where that cannot be done without loss (an edge within a block), or the file is not flawless.
    """
    with _handle("tjInitTransform") as handle:
        facts = _facts(handle, data)
        if facts is None:
            return None
        width, height, sampling = facts
        room = max(_room(width, height, sampling), _room(height, width, sampling))
        target = np.empty(room, np.uint8)
        pointer, size = ctypes.c_void_p(target.ctypes.data), ctypes.c_ulong(room)
        options = _PERFECT | _COPY_NOTHING | (_GRAY if gray else 0) | (_PROGRESSIVE if progressive else 0)
        wanted = _Transform(op=operation, options=options)
        failed = _library().tjTransform(
            handle,
            data,
            ctypes.c_ulong(len(data)),
            1,
            ctypes.byref(pointer),
            ctypes.byref(size),
            ctypes.byref(wanted),
            _READING | _NO_REALLOCATION,
        )
        return None if failed else target[: size.value].tobytes()


def decoded_planes(data: bytes, smaller: int = 1) -> Planes | None:
    """Decoded at one to `smaller`: 1, 2, 4 or 8.

    None where the picture is not YCbCr in an everyday sampling, or the file is not flawless.
    """
    with _handle("tjInitDecompress") as handle:
        facts = _facts(handle, data)
        if facts is None or facts[2] is Sampling.GRAY:
            return None
        width, height, sampling = facts
        width, height = -(-width // smaller), -(-height // smaller)
        planes = empty_planes(width, height, sampling)
        failed = _library().tjDecompressToYUVPlanes(
            handle, data, ctypes.c_ulong(len(data)), _pointers(planes), width, None, height, _READING
        )
        return None if failed else planes


def encoded_planes(picture: Planes, quality: int, *, progressive: bool = False) -> bytes | None:
    """A JPEG file of its planes. None where libjpeg-turbo will not."""
    room = _room(picture.width, picture.height, picture.sampling)
    target = np.empty(room, np.uint8)
    pointer, size = ctypes.c_void_p(target.ctypes.data), ctypes.c_ulong(room)
    contiguous = Planes(
        picture.width,
        picture.height,
        picture.sampling,
        tuple(np.ascontiguousarray(plane) for plane in picture.planes),
    )
    with _handle("tjInitCompress") as handle:
        failed = _library().tjCompressFromYUVPlanes(
            handle,
            _pointers(contiguous),
            picture.width,
            None,
            picture.height,
            picture.sampling,
            ctypes.byref(pointer),
            ctypes.byref(size),
            quality,
            _ACCURATE_DCT | _NO_REALLOCATION | (_SCAN_BY_SCAN if progressive else 0),
        )
    return None if failed else target[: size.value].tobytes()


def empty_planes(width: int, height: int, sampling: Sampling) -> Planes:
    """Planes of the right sizes, with nothing in them."""
    sizes = [plane_size(component, width, height, sampling) for component in range(_COMPONENTS)]
    return Planes(width, height, sampling, tuple(np.empty(size[::-1], np.uint8) for size in sizes))


def plane_size(component: int, width: int, height: int, sampling: Sampling) -> Size:
    """Of luma (0), blue (1) or red difference (2) of a picture of this size."""
    library = _promptly()
    return Size(
        library.tjPlaneWidth(component, width, sampling), library.tjPlaneHeight(component, height, sampling)
    )


def _facts(handle: ctypes.c_void_p, data: bytes) -> tuple[int, int, Sampling] | None:
    numbers = [ctypes.c_int() for _ in range(4)]
    failed = _promptly().tjDecompressHeader3(
        handle, data, ctypes.c_ulong(len(data)), *(ctypes.byref(number) for number in numbers)
    )
    width, height, sampling, colours = (number.value for number in numbers)
    if failed or colours not in _COLOURS or sampling not in list(Sampling):
        return None
    return width, height, Sampling(sampling)


def _room(width: int, height: int, sampling: Sampling) -> int:
    """Bytes that hold the encoded picture, as long as it is no monster."""
    return int(_promptly().tjBufSize(width, height, sampling)) + _SLACK


def _pointers(picture: Planes) -> Any:
    return (ctypes.c_void_p * len(picture.planes))(*(plane.ctypes.data for plane in picture.planes))
