"""TIFFs as scanners, microscopes and Photoshop write them, read as tifffile wrote them."""

from __future__ import annotations

import io
import itertools
import struct
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from dpip.errors import Refused, Unprocessable
from imaging import Limits, parse_pipeline, run
from tests.imaging.moving import header_of
from tests.imaging.samples import Array, array, filtered, rgb, saved

PIXELS = np.ascontiguousarray(rgb(0.03)[:75, :101])
DEEP = (PIXELS.astype(np.uint16) * 257) ^ np.arange(101, dtype=np.uint16)[None, :, None]


def tiff(pixels: Array, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def written(pixels: Array, *, apart: bool, **options: Any) -> bytes:
    if not apart:
        return tiff(pixels, photometric="rgb", **options)
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))
    return tiff(planes, photometric="rgb", planarconfig="separate", **options)


def packed_as(number: int, pixels: Array = PIXELS) -> bytes:
    """A file that says of its pixels that they are compressed so."""
    data = tiff(pixels, photometric="rgb", compression="zlib")
    deflate = struct.pack("<HHIHH", 259, 3, 1, 8, 0)
    assert data.count(deflate) == 1
    return data.replace(deflate, struct.pack("<HHII", 259, 3, 1, number))


def as_written(data: bytes) -> Array:
    """Through the engine into a PNG, as OpenCV reads that."""
    png = np.frombuffer(filtered(data, "convert:format=png").data, np.uint8)
    pixels = cv2.imdecode(png, cv2.IMREAD_UNCHANGED)
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB)


@pytest.mark.parametrize(
    ("apart", "order", "pieces", "packed"),
    list(
        itertools.product(
            (False, True),
            "<>",
            ({}, {"rowsperstrip": 16}, {"tile": (32, 48)}),
            ({}, {"compression": "zlib", "predictor": True}),
        )
    ),
)
def test_colours_of_16_bits(apart: bool, order: Any, pieces: dict[str, Any], packed: dict[str, Any]) -> None:
    """Channel by channel or pixel by pixel, in strips or tiles, in either byte order."""
    data = written(DEEP, apart=apart, byteorder=order, **pieces, **packed)
    assert np.array_equal(as_written(data), DEEP)
    assert (array(filtered(data, "flip|convert:format=jpeg").data).shape) == PIXELS.shape


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("big", [False, True])
def test_colours_and_alpha(apart: bool, big: bool) -> None:
    for pixels in (PIXELS, DEEP):
        with_alpha = np.dstack((pixels, pixels[..., 1]))
        data = written(with_alpha, apart=apart, bigtiff=big, extrasamples=["unassalpha"])
        assert np.array_equal(as_written(data), with_alpha)


def test_channels_apart_of_a_second_page() -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(PIXELS, photometric="rgb")
        file.write(
            np.ascontiguousarray(DEEP.transpose(2, 0, 1)),
            photometric="rgb",
            planarconfig="separate",
            tile=(32, 32),
        )
    made = np.frombuffer(filtered(buffer.getvalue(), "invert").data, np.uint8)
    done, pages = cv2.imdecodemulti(made, cv2.IMREAD_UNCHANGED)
    assert done
    assert np.array_equal(pages[0][..., ::-1], 255 - PIXELS)
    assert np.array_equal(pages[1][..., ::-1], 65535 - DEEP)


def test_channels_apart_that_contradict_themselves() -> None:
    data = written(DEEP, apart=True, rowsperstrip=16)
    strips = header_of(data)
    assert strips.is_deep
    for at in range(8, 400):
        broken = bytearray(data)
        broken[-at] ^= 0xFF
        try:
            result = run(bytes(broken), parse_pipeline("grayscale"), Limits())
        except Refused:
            continue
        assert result.facts.width


@pytest.mark.parametrize("packing", ["tiff_lzw", "tiff_deflate", "packbits", "zstd", "lzma", "jpeg", None])
def test_every_compression(packing: str | None) -> None:
    data = saved(PIXELS, "tiff", compression=packing)
    assert np.array_equal(array(filtered(data, "convert:format=png").data), array(data))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (tiff(PIXELS.astype(np.float32), photometric="rgb"), "signed or floating-point; unsigned"),
        (tiff(DEEP[..., 0].astype(np.int16)), "signed or floating-point"),
        (tiff(DEEP[..., 0].astype(np.uint32)), "32 bits per sample; 1, 2, 4, 8, 16 are read"),
        (tiff(DEEP[..., 0], photometric="miniswhite"), "16 bits per sample in 1 channels"),
        (tiff(np.dstack((DEEP, DEEP[..., 0])), photometric="separated"), "16 bits per sample in 4 channels"),
        (saved(Image.new("LAB", (9, 9)), "tiff"), "photometric interpretation 8"),
        (packed_as(50001), r"compression \(of kind 50001\) with 8 bits"),
        (packed_as(50000, DEEP), r"compression \(Zstandard\) with 16 bits"),
    ],
)
def test_kinds_that_are_not_read_are_refused_at_the_door(data: bytes, why: str) -> None:
    with pytest.raises(Unprocessable, match=f"the TIFF file is of a kind that is not read: .*{why}"):
        header_of(data)
