"""PNGs that are unpacked before libpng sees them are the same PNGs; all others are left alone."""

from __future__ import annotations

import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from dpip.errors import Unprocessable
from imaging import deflate
from imaging.codecs import png_unpacking
from imaging.containers.png import SIGNATURE, chunk_bytes
from tests.imaging.samples import Array, array, filtered, rgb, saved

pytestmark = pytest.mark.skipif(not deflate.is_quick(), reason="ISA-L is not installed here")


def kinds() -> dict[str, bytes]:
    colours = rgb(0.2)
    deep = colours.astype(np.uint16) * 256 + np.arange(colours.shape[1], dtype=np.uint16)[None, :, None] % 256
    bits = np.random.default_rng(1).integers(0, 2, (1000, 1001)).astype(bool)
    return {
        "RGB": saved(colours, "png"),
        "RGBA": saved(np.dstack((colours, colours[..., 0])), "png"),
        "gray": saved(colours[..., 1], "png"),
        "gray and alpha": saved(np.ascontiguousarray(colours[..., :2]), "png"),
        "palette": saved(Image.fromarray(colours).quantize(200), "png"),
        "one bit": saved(Image.fromarray(bits), "png"),
        "16 bits": cv2.imencode(".png", deep)[1].tobytes(),
    }


def decoded(data: Any) -> Array:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))


@pytest.mark.parametrize("kind", kinds())
def test_unpacked_it_is_the_same_picture(kind: str) -> None:
    data = kinds()[kind]
    unpacked = png_unpacking.unpacked(data)
    assert unpacked is not None
    assert (decoded(unpacked) == decoded(data)).all()
    assert array(bytes(unpacked)).shape == array(data).shape  # Pillow takes it too


def with_pixels(data: bytes, packed: bytes) -> bytes:
    header, palette_end = data[len(SIGNATURE) : len(SIGNATURE) + 25], data[-12:]
    return SIGNATURE + header + chunk_bytes(b"IDAT", packed) + palette_end


def test_what_is_not_flawless_is_left_to_libpng() -> None:
    data = saved(rgb(0.2), "png", compress_level=1)
    height, width = rgb(0.2).shape[:2]
    rows = np.random.default_rng(1).integers(0, 256, height * (3 * width + 1)).astype(np.uint8)
    rows[:: 3 * width + 1] = 0
    packed = zlib.compress(rows.tobytes(), 1)
    assert png_unpacking.unpacked(with_pixels(data, packed)) is not None
    wrong_checksum = packed[:-1] + bytes((packed[-1] ^ 1,))
    too_few = zlib.compress(rows[:-1].tobytes(), 1)
    too_many = zlib.compress(rows.tobytes() + b"\x00" * 10_000_000, 1)
    no_end = packed[:-4]
    for broken in (wrong_checksum, too_few, too_many, no_end, packed[: len(packed) // 2]):
        assert png_unpacking.unpacked(with_pixels(data, broken)) is None
    assert png_unpacking.unpacked(data[: len(data) // 2]) is None
    assert png_unpacking.unpacked(data[:-12]) is None
    with pytest.raises(Unprocessable):
        filtered(with_pixels(data, packed[: len(packed) // 2]), "grayscale")


def test_small_ones_are_left_to_libpng() -> None:
    assert png_unpacking.unpacked(saved(rgb(0.2)[:20, :20], "png")) is None


def test_mutations_give_a_picture_or_none() -> None:
    data = saved(rgb(0.05), "png")
    random = np.random.default_rng(3)
    for _ in range(100):
        damaged = bytearray(data)
        for place in random.integers(8, len(damaged), 3):
            damaged[int(place)] = int(random.integers(256))
        unpacked = png_unpacking.unpacked(bytes(damaged))
        assert unpacked is None or unpacked.dtype == np.uint8
