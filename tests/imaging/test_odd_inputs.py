"""Odd files of the real world, beside an independent decoder: Pillow, and FFmpeg where Pillow is wrong."""

from __future__ import annotations

import io
import struct
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from imaging import FORMATS
from tests.imaging.moving import seen
from tests.imaging.samples import ORIENTATION, Array, array, filtered, opened, rgb, saved

PIXELS = np.ascontiguousarray(rgb(0.06)[:96, :128])
FILTERS = ("blur:sigma=1", "grayscale", "resize:width=50,mode=shrink", "convert:format=png")


def premultiplied(pixels: Array) -> Array:
    found = pixels.astype(np.float64)
    found[..., :3] *= found[..., 3:] / 255
    return found


def window(number: int) -> Image.Image:
    """A frame with clear and half-clear parts that move."""
    alpha = np.full(PIXELS.shape[:2], 255, np.uint8)
    alpha[:, : 30 + 5 * number], alpha[20:40, 60:90] = 0, 128
    return Image.fromarray(np.dstack((np.roll(PIXELS, 9 * number, 1), alpha)))


@pytest.mark.parametrize("blend", [0, 1])
@pytest.mark.parametrize("disposal", [0, 1, 2])
def test_frames_of_an_apng_are_what_ffmpeg_shows(blend: int, disposal: int) -> None:
    first, *others = (window(number) for number in range(4))
    data = saved(
        first, "png", save_all=True, append_images=others, duration=50, blend=blend, disposal=disposal
    )
    with av.open(io.BytesIO(data), format="apng") as film:
        wanted = [frame.to_ndarray(format="rgba") for frame in film.decode(video=0)]
    made = seen(filtered(data, "convert:format=webp,lossless=true").data, "RGBA")
    assert len(made) == len(wanted) == 4
    for ours, theirs in zip(made, wanted, strict=True):
        assert np.abs(premultiplied(ours) - premultiplied(theirs)).max() <= 2


@pytest.mark.skipif(not FORMATS["heic"].available, reason="the extra heic is not installed")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_is_turned_upright_once(orientation: int) -> None:
    import pillow_heif  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415

    pillow_heif.register_heif_opener()
    block = Image.Exif()
    block[ORIENTATION] = orientation
    data = saved(PIXELS, "heif", exif=block.tobytes(), quality=95)
    assert (b"irot" in data or b"imir" in data) is (orientation > 1)
    made = array(filtered(data, "convert:format=png").data)
    assert np.array_equal(made, np.asarray(ImageOps.exif_transpose(opened(data))))
    assert made.shape[:2] == (PIXELS.shape[:2] if orientation < 5 else PIXELS.shape[1::-1])


@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("form", ["jpeg", "png", "tiff", "bmp", "ppm", "jpeg2000", "gif", "webp", "avif"])
def test_the_smallest_and_the_thinnest(form: str, filter_: str) -> None:
    length = 16_000 if form == "webp" else 20_000
    row = np.ascontiguousarray(np.tile(PIXELS[:1], (1, length // 128 + 1, 1))[:, :length])
    shapes: list[Array] = (
        [PIXELS[:1, :1]] if form in ("avif", "gif") else [PIXELS[:1, :1], row, row.swapaxes(0, 1)]
    )
    for pixels in shapes:
        result = filtered(saved(np.ascontiguousarray(pixels), form), filter_)
        assert opened(result.data).size == (result.facts.width, result.facts.height)
        if "resize" not in filter_:
            assert array(result.data).shape[:2] == pixels.shape[:2]


def with_thumbnail(picture: Image.Image) -> tuple[bytes, bytes]:
    """A JPEG whose EXIF block holds a small copy, and that copy."""
    small = saved(picture.resize((32, 24)), "jpeg")
    after = 26 + 2 + 3 * 12 + 4
    block = b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHIHHI", ORIENTATION, 3, 1, 6, 0, 26)
    block += struct.pack("<H", 3) + struct.pack("<HHIHH", 0x103, 3, 1, 6, 0)
    block += struct.pack("<HHII", 0x201, 4, 1, after) + struct.pack("<HHIII", 0x202, 4, 1, len(small), 0)
    return saved(picture, "jpeg", quality=95, exif=b"Exif\0\0" + block + small), small


@pytest.mark.parametrize(
    "filter_", ["redact:regions=0 0 100% 100%,mode=fill", "grayscale", "rotate:angle=90"]
)
def test_no_thumbnail_shows_what_was_there_before(filter_: str) -> None:
    """Even where all metadata is kept: what was made unrecognizable must not be seen in a small copy."""
    data, small = with_thumbnail(Image.fromarray(PIXELS))
    assert small in data
    result = filtered(data, filter_, keep_metadata="true")
    assert result.data.count(b"\xff\xd8\xff") == 1
    assert opened(result.data).getexif().get(ORIENTATION, 1) == 1


@pytest.mark.parametrize("filter_", FILTERS)
def test_what_follows_a_jpeg_is_left_out(filter_: str) -> None:
    data = saved(PIXELS, "jpeg", quality=95)
    plain = filtered(data, filter_).data
    for rest in (b"garbage" * 999, saved(PIXELS[:16, :16].copy(), "jpeg"), bytes(5000)):
        assert filtered(data + rest, filter_).data == plain


def test_a_profile_that_does_not_fit_is_left_out_and_told() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    result = filtered(saved(PIXELS, "jpeg", icc_profile=lab), "blur")
    assert "icc_profile" not in opened(result.data).info
    assert "the colour profile does not fit the result: it was left out" in result.notes


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("P", {"transparency": 3}),
        ("P", {"transparency": bytes(range(0, 256, 16))}),
        ("L", {"transparency": 77}),
        ("RGB", {"transparency": (10, 20, 30)}),
        ("LA", {}),
    ],
)
def test_transparency_in_every_guise_of_png(mode: str, options: dict[str, Any]) -> None:
    image = Image.fromarray(PIXELS)
    image = image.quantize(16) if mode == "P" else image.convert(mode)
    data = saved(image, "png", **options)
    made = array(filtered(data, "flip|flip|convert:format=webp,lossless=true").data, "RGBA")
    assert np.array_equal(premultiplied(made), premultiplied(array(data, "RGBA")))
