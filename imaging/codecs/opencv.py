"""OpenCV's codecs, with its errors translated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dpip.errors import Unprocessable
from imaging.lazy import cv2, np
from imaging.picture import Pixels


def decode(data: bytes | Pixels, title: str, *, luma_only: bool = False, smaller: int = 1) -> Pixels:
    """As stored: all channels and bits, not turned; or luma alone. Raises `Unprocessable`.

    `smaller`: at one to 2, 4 or 8, three channels or luma alone. JPEG is quicker then.
    """
    kind = cv2.IMREAD_GRAYSCALE if luma_only else cv2.IMREAD_UNCHANGED
    if smaller > 1:
        kind = _reduced(smaller, gray=luma_only)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), kind | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise _undecodable(title) from error
    if pixels is None:  # what OpenCV's stubs do not know
        raise _undecodable(title)
    return pixels


def _reduced(smaller: int, *, gray: bool) -> int:
    kinds = {
        2: (cv2.IMREAD_REDUCED_COLOR_2, cv2.IMREAD_REDUCED_GRAYSCALE_2),
        4: (cv2.IMREAD_REDUCED_COLOR_4, cv2.IMREAD_REDUCED_GRAYSCALE_4),
        8: (cv2.IMREAD_REDUCED_COLOR_8, cv2.IMREAD_REDUCED_GRAYSCALE_8),
    }
    return kinds[smaller][gray]


def encode(
    extension: str,
    pixels: Pixels,
    parameters: Sequence[int] = (),
    metadata: Mapping[int, Pixels] | None = None,
) -> bytes:
    """`metadata` by OpenCV's kinds, for encoders that write containers. Raises `Unprocessable`."""
    try:
        if metadata:
            kinds, values = list(metadata), list(metadata.values())
            done, encoded = cv2.imencodeWithMetadata(extension, pixels, kinds, values, parameters)
        else:
            done, encoded = cv2.imencode(extension, pixels, parameters)
    except cv2.error as error:
        raise _unwritable(pixels, extension) from error
    if not done:
        raise _unwritable(pixels, extension)
    return encoded.tobytes()


def _undecodable(title: str) -> Unprocessable:
    return Unprocessable(f"the {title} file cannot be decoded: it is damaged, or cut off")


def _unwritable(pixels: Pixels, extension: str) -> Unprocessable:
    height, width = pixels.shape[:2]
    return Unprocessable(f"a result of {width:,} x {height:,} pixels cannot be written as {extension}")
