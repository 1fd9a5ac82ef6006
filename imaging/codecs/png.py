"""PNG: read by libpng, written by `png_writer` where ISA-L is installed, else by OpenCV.

How rows are packed was chosen by measuring (CPU time and size on photographs and on blurred ones, against
OpenCV with zlib level 3): rows less the mean of their neighbours, packed by ISA-L, take a tenth of the time
(by zlib, matching only runs: a third), and the files are about as large. Flat pictures (drawings,
screenshots) repeat themselves: of them a few strips are packed in each way, to see which is the smallest.
"""

from __future__ import annotations

import io

from imaging import deflate
from imaging.codecs import opencv, png_unpacking, png_writer
from imaging.codecs.options import EncodeOptions
from imaging.codecs.png_writer import Filter
from imaging.containers.png import transparent_gray
from imaging.lazy import cv2, np
from imaging.picture import GRAY_WITH_ALPHA, Picture, Pixels
from imaging.shaping import joined
from imaging.structure import Colour, Header

_SAMPLED_ROWS = 16
_PARTLY_FLAT = 0.5  # of samples equal to their left neighbour
_STRIPS, _STRIP_ROWS = 4, 8
_CLEARLY_SMALLER = 0.95


def decode(data: bytes, header: Header, *, luma_only: bool) -> Picture:  # noqa: ARG001 - the protocol
    unpacked = png_unpacking.unpacked(data)
    pixels = opencv.decode(data if unpacked is None else unpacked, header.title)
    if header.colour is Colour.GRAY and header.has_alpha:
        if header.plain:  # OpenCV makes four channels of gray and alpha
            return joined(cv2.extractChannel(pixels, 0), cv2.extractChannel(pixels, 3))
        return _keyed(pixels, data, header)
    return Picture(pixels)


def _keyed(gray: Pixels, data: bytes, header: Header) -> Picture:
    """One gray value is transparent; OpenCV does not see to that."""
    value = transparent_gray(io.BytesIO(data), len(data))
    top = np.iinfo(gray.dtype).max
    if value is None:
        return Picture(gray)
    widened = value * top // (2**header.bit_depth - 1)
    return joined(gray, np.where(gray == widened, 0, top).astype(gray.dtype))


def encode(picture: Picture, options: EncodeOptions) -> bytes:  # noqa: ARG001 - there is no choice
    pixels = picture.pixels
    if deflate.is_quick() or picture.channels == GRAY_WITH_ALPHA:
        return png_writer.written(pixels, _best_filter(pixels))
    return opencv.encode(".png", pixels, _for_drawings() if is_drawing(pixels) else _for_photographs())


def _best_filter(pixels: Pixels) -> Filter:
    if not _is_partly_flat(pixels):
        return Filter.MEAN
    strips = _strips(pixels)
    return min(Filter, key=lambda filter_: png_writer.packed_size(strips, filter_))


def is_drawing(pixels: Pixels) -> bool:
    """Where much is flat, a few strips are packed both ways."""
    if not _is_partly_flat(pixels):
        return False
    strips = _strips(pixels)
    strings, runs = (len(opencv.encode(".png", strips, how())) for how in (_for_drawings, _for_photographs))
    return strings < _CLEARLY_SMALLER * runs


def _is_partly_flat(pixels: Pixels) -> bool:
    rows = pixels[:: max(1, pixels.shape[0] // _SAMPLED_ROWS)]
    return rows.shape[1] > 1 and float(np.mean(rows[:, 1:] == rows[:, :-1])) >= _PARTLY_FLAT


def _strips(pixels: Pixels) -> Pixels:
    height = pixels.shape[0]
    if height <= _STRIPS * _STRIP_ROWS:
        return pixels
    starts = np.linspace(0, height - _STRIP_ROWS, _STRIPS).astype(int)
    return np.concatenate([pixels[start : start + _STRIP_ROWS] for start in starts])


def _for_photographs() -> list[int]:
    return [
        *(cv2.IMWRITE_PNG_COMPRESSION, 1),
        *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
        *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG),
    ]


def _for_drawings() -> list[int]:
    return [
        *(cv2.IMWRITE_PNG_COMPRESSION, 2),
        *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT),
        *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
    ]
