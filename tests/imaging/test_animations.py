"""Animations: every frame, its time, how often they run; composed right, filtered one by one."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from zlib import compress, crc32

import cv2
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import Blend, Disposal

from dpip.errors import TooLarge, Unprocessable
from imaging import Limits, parse_pipeline, run
from imaging.animation import Clock
from imaging.containers.png import SIGNATURE, chunk_bytes
from tests.imaging.moving import TIMES, animated, header_of, pictures, seen, times
from tests.imaging.samples import Array, blurred, filtered, luma, psnr, rgb

ANIMATED = ("gif", "png", "webp", "avif")
EXACT = ("gif", "png", "webp")  # lossless, that is: what is not changed stays as it is


@pytest.mark.parametrize("form", ANIMATED)
def test_headers_tell_of_all_frames(form: str) -> None:
    data = animated(form)
    header = header_of(data)
    assert (header.format, header.frames) == (form, 4)
    assert (header.width, header.height) == rgb(0.02).shape[1::-1]
    assert header.plays == {"avif": 0, "gif": 4}.get(form, 3)  # a GIF counts what comes after the first time


@pytest.mark.parametrize("form", EXACT)
def test_what_is_not_filtered_stays_as_it_is(form: str) -> None:
    data = animated(form)
    result = filtered(data, "convert")
    assert result.facts.format == form
    for wanted, got in zip(seen(data), seen(result.data), strict=True):
        assert (wanted == got).all()
    assert times(result.data) == times(data) == list(TIMES)
    assert header_of(result.data).plays == header_of(data).plays
    assert not result.notes


@pytest.mark.parametrize("form", ANIMATED)
def test_every_frame_is_filtered_on_its_own(form: str) -> None:
    data = animated(form)
    floor = {"png": 52, "webp": 52, "gif": 26, "avif": 33}[form]
    for wanted, got in zip(seen(data), seen(filtered(data, "blur").data), strict=True):
        assert psnr(got, blurred(wanted, 3)) > floor
    result = filtered(data, "grayscale")
    for wanted, got in zip(seen(data), seen(result.data, "L"), strict=True):
        assert psnr(got, luma(wanted)) > (33 if form == "avif" else 50)
    assert not [note for note in result.notes if "colours" in note], "256 grays are a palette"


@pytest.mark.parametrize("source", ANIMATED)
@pytest.mark.parametrize("target", ANIMATED)
def test_animations_become_animations_of_other_formats(source: str, target: str) -> None:
    data = animated(source)
    result = filtered(data, "convert", format=target)
    assert times(result.data) == list(TIMES)
    floor = {"png": 99, "webp": 28, "gif": 27, "avif": 28}[target]
    for wanted, got in zip(seen(data), seen(result.data), strict=True):
        assert psnr(got, wanted) > floor
    if target != "avif":
        assert header_of(result.data).plays == header_of(data).plays
    noted = any("256 colours" in note for note in result.notes)
    assert noted is (target == "gif" and source != "gif")


@pytest.mark.parametrize(("form", "plays"), [("gif", 1), ("gif", 0), ("png", 0), ("webp", 0), ("png", 1)])
def test_running_once_and_for_ever_are_kept(form: str, plays: int) -> None:
    options = {"loop": None} if plays == 1 and form == "gif" else {"loop": plays}
    data = animated(form, **options)
    assert header_of(data).plays == plays
    for target in EXACT:
        assert header_of(filtered(data, "convert", format=target).data).plays == plays


def test_a_format_without_frames_takes_the_first_and_says_so() -> None:
    data = animated("png")
    result = filtered(data, "convert", format="bmp")
    assert (seen(result.data)[0] == pictures()[0]).all()
    assert result.notes == ("BMP does not store frames: the result is the first of 4",)


def test_only_what_changes_is_stored() -> None:
    """Frames that are alike but for a window cost the window."""
    whole, data = len(filtered(animated("png", pictures(1)), "convert").data), animated("png")
    for form in EXACT:
        one = len(filtered(data, "convert", format=form, quality="90").data)
        same = len(filtered(animated("png", pictures(1)), "convert", format=form, quality="90").data)
        assert one < 2 * same < 4 * whole


def test_times_add_up_after_rounding() -> None:
    clock = Clock(100, 0xFFFF)
    ticks = [clock.ticks(Fraction(1, 30)) for _ in range(30)]
    assert sum(ticks) == 100
    assert set(ticks) == {3, 4}
    data = animated("png", pictures(3), duration=[1000 / 30] * 3)
    assert times(filtered(data, "convert").data) == pytest.approx([1000 / 30] * 3)
    assert times(filtered(data, "convert", format="gif").data) == [30, 40, 30]


def patches() -> tuple[Array, Array, Array]:
    """A base and two smaller pictures that are laid over it, one with partial alpha."""
    base = np.dstack((rgb(0.02), np.full(rgb(0.02).shape[:2], 255, np.uint8)))
    disc = base[:60, :80, ::-1].copy()
    rows, columns = np.mgrid[:60, :80]
    disc[..., :3] = disc[..., 1:4][..., ::-1]
    disc[..., 3] = np.clip(255 - np.hypot(rows - 30, columns - 40) * 6, 0, 255)
    return base, disc, base[20:80, 20:100]


def over(base: Array, top: Array) -> Array:
    """In double precision."""
    source, below = top.astype(float) / 255, base.astype(float) / 255
    alpha = source[..., 3:] + below[..., 3:] * (1 - source[..., 3:])
    colour = source[..., :3] * source[..., 3:] + below[..., :3] * below[..., 3:] * (1 - source[..., 3:])
    return np.asarray(np.dstack((colour / np.maximum(alpha, 1e-9), alpha)) * 255)


def apng(*parts: tuple[Array, int, int, Disposal, Blend]) -> bytes:
    """Frame by frame, as the format has it (Pillow composes them before it writes); 8 or 16 bits."""
    pieces, number = [], 0
    for index, (pixels, left, top, disposal, blend) in enumerate(parts):
        height, width, channels = pixels.shape
        place = struct.pack(">IIIII", number, width, height, left, top)
        pieces.append(chunk_bytes(b"fcTL", place + struct.pack(">HHBB", 1, 10, disposal, blend)))
        rows = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
        stride = len(rows) // height
        packed = compress(b"".join(b"\0" + rows[at : at + stride] for at in range(0, len(rows), stride)))
        if index:
            packed = struct.pack(">I", number + 1) + packed
        pieces.append(chunk_bytes(b"fdAT" if index else b"IDAT", packed))
        number += 2 if index else 1
    height, width, channels = parts[0][0].shape
    kind = 6 if channels == 4 else 2
    header = struct.pack(">IIBBBBB", width, height, 8 * parts[0][0].itemsize, kind, 0, 0, 0)
    start = SIGNATURE + chunk_bytes(b"IHDR", header)
    count = chunk_bytes(b"acTL", struct.pack(">II", len(parts), 0))
    return b"".join((start, count, *pieces, chunk_bytes(b"IEND", b"")))


@pytest.mark.parametrize("disposal", list(Disposal))
@pytest.mark.parametrize("blend", list(Blend))
def test_frames_of_png_are_laid_as_the_format_says(disposal: Disposal, blend: Blend) -> None:
    base, disc, last = patches()
    data = apng(
        (base, 0, 0, Disposal.OP_NONE, Blend.OP_SOURCE),
        (disc, 30, 10, disposal, blend),
        (last, 50, 20, Disposal.OP_NONE, Blend.OP_SOURCE),
    )
    second = base.astype(float)
    area = second[10:70, 30:110]
    area[...] = over(base[10:70, 30:110], disc) if blend is Blend.OP_OVER else disc
    third = second.copy()
    if disposal is not Disposal.OP_NONE:
        third[10:70, 30:110] = 0 if disposal is Disposal.OP_BACKGROUND else base[10:70, 30:110]
    third[20:80, 50:130] = last
    got = seen(filtered(data, "convert").data, "RGBA")
    for wanted, frame in zip((base, second, third), got, strict=True):
        assert np.abs(wanted[..., 3] - frame[..., 3]).max() <= 1
        visible = wanted[..., 3] > 0
        assert np.abs(wanted - frame)[visible].max() <= 1


def test_frames_of_webp_are_laid_as_libwebp_lays_them() -> None:
    base, disc, _ = patches()
    overlay = np.zeros_like(base)
    overlay[10:70, 30:110] = disc
    for frames in ([base, overlay], [overlay, base], [overlay, overlay[:, ::-1]]):
        data = animated("webp", [np.ascontiguousarray(frame) for frame in frames], minimize_size=True)
        for wanted, got in zip(
            seen(data, "RGBA"), seen(filtered(data, "convert", format="png").data, "RGBA"), strict=True
        ):
            visible = wanted[..., 3] > 8
            assert np.abs(wanted[..., 3].astype(int) - got[..., 3]).max() <= 1
            assert np.abs(wanted.astype(int) - got)[visible].max() <= 3


@pytest.mark.parametrize("disposal", [1, 2, 3])
def test_frames_of_gif_are_laid_as_pillow_lays_them(disposal: int) -> None:
    base = Image.fromarray(rgb(0.02)).quantize(32)
    sprites = []
    for number in range(3):
        sprite = Image.new("P", base.size, 255)
        sprite.putpalette(base.getpalette() or [])
        sprite.paste(base.crop((10, 10, 60, 60)), (15 * number + 5, 20))
        sprite.info["transparency"] = 255
        sprites.append(sprite)
    buffer = io.BytesIO()
    base.save(
        buffer,
        "GIF",
        save_all=True,
        append_images=sprites,
        transparency=255,
        disposal=[1, *[disposal] * 3],
        duration=50,
        optimize=False,
    )
    data = buffer.getvalue()
    assert header_of(data).frames == 4
    wanted = seen(data, "RGBA")
    got = seen(filtered(data, "convert", format="png").data, "RGBA")
    again = seen(filtered(data, "convert").data, "RGBA")
    for one, other, third in zip(wanted, got, again, strict=True):
        assert (one[..., 3] == other[..., 3]).all()
        visible = one[..., 3] > 0
        assert (one[visible] == other[visible]).all()
        assert (one[..., 3] == third[..., 3]).all()
        assert (one[visible] == third[visible]).all()


def test_a_gif_that_covers_less_than_its_canvas_is_clear_elsewhere() -> None:
    data = bytearray(animated("gif", pictures(1)))
    width, height = struct.unpack_from("<HH", data, 6)
    struct.pack_into("<HH", data, 6, width + 40, height + 30)
    result = filtered(bytes(data), "convert", format="png")
    assert (result.facts.width, result.facts.height) == (width + 40, height + 30)
    pixels = seen(result.data, "RGBA")[0]
    assert (pixels[:height, :width, 3] == 255).all()
    assert (pixels[height:, :, 3] == 0).all()


def test_partial_alpha_becomes_all_or_nothing_in_gif() -> None:
    base, _, _ = patches()
    base[..., 3] = np.linspace(0, 255, base.shape[1]).astype(np.uint8)
    result = filtered(animated("png", [base, base[:, ::-1].copy()]), "convert", format="gif")
    alphas = [frame[..., 3] for frame in seen(result.data, "RGBA")]
    assert (alphas[0] == np.where(base[..., 3] < 128, 0, 255)).all()
    assert (alphas[1] == alphas[0][:, ::-1]).all()
    assert any("clear or not" in note for note in result.notes)


def test_a_still_apart_from_the_animation_is_left_out_and_said() -> None:
    buffer = io.BytesIO()
    frames = [Image.fromarray(frame) for frame in pictures(3)]
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:], default_image=True, duration=80)
    assert header_of(buffer.getvalue()).frames == 2
    result = filtered(buffer.getvalue(), "convert")
    for wanted, got in zip(pictures(3)[1:], seen(result.data), strict=True):
        assert (wanted == got).all()
    assert "stood apart" in result.notes[0]


def test_16_bits_survive_in_an_animation() -> None:
    deep = pictures(1)[0].astype(np.uint16) * 257
    deep[..., 0] += 100
    data = apng(*[(frame, 0, 0, Disposal.OP_NONE, Blend.OP_SOURCE) for frame in (deep, deep)])
    assert header_of(data).bit_depth == 16
    assert not filtered(data, "convert").notes
    result = filtered(data, "convert", format="tiff")
    done, pages = cv2.imdecodemulti(np.frombuffer(result.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert done
    assert all((page == deep[..., ::-1]).all() for page in pages)


def test_frames_that_a_filter_makes_of_different_sizes_are_refused() -> None:
    first, second = pictures(2)
    second[:40] = 255
    second[:, :50] = 255
    first[:10] = 255
    with pytest.raises(Unprocessable, match="frames of different sizes"):
        filtered(animated("png", [first, second]), "trim")


def test_limits_on_frames() -> None:
    data = animated("gif")
    blur = parse_pipeline("blur")
    for limits, message in (
        (Limits(max_frames=3), "holds 4 pictures"),
        (Limits(max_total_megapixels=0.05), "megapixels together"),
        (Limits(max_seconds=1e-9), "takes longer"),
    ):
        with pytest.raises(TooLarge, match=message):
            run(data, blur, limits)
    assert run(data, blur, Limits(max_frames=4)).data


@pytest.mark.parametrize("form", ["png", "avif"])
def test_a_file_that_lies_about_its_frames_is_refused(form: str) -> None:
    data = bytearray(animated(form))
    if form == "png":
        at = data.index(b"acTL")
        struct.pack_into(">I", data, at + 4, 9)
        struct.pack_into(">I", data, at + 12, crc32(data[at : at + 12]))
    else:
        at = data.index(b"stsz")
        struct.pack_into(">I", data, at + 12, 900)
    with pytest.raises(Unprocessable):
        run(bytes(data), parse_pipeline("blur"), Limits())


def test_frames_of_huge_size_within_a_small_canvas_are_refused() -> None:
    """A canvas that passes, and a frame that would not fit into memory."""
    data = bytearray(animated("png"))
    at = data.index(b"fcTL", data.index(b"fcTL") + 4)
    struct.pack_into(">II", data, at + 8, 60_000, 60_000)
    with pytest.raises(Unprocessable, match="outside its canvas"):
        header_of(bytes(data))
    webp = bytearray(animated("webp"))
    at = webp.index(b"ANMF", webp.index(b"ANMF") + 4)
    webp[at + 14 : at + 20] = (16_000).to_bytes(3, "little") * 2
    with pytest.raises(Unprocessable, match="outside its canvas"):
        header_of(bytes(webp))
    gif = bytearray(animated("gif"))
    at = gif.index(b"\x2c", gif.rindex(b"\x21\xf9"))
    struct.pack_into("<HH", gif, at + 5, 60_000, 60_000)
    with pytest.raises(TooLarge):
        header_of(bytes(gif))


def test_an_animation_in_avif_does_not_tell_when_it_was_made() -> None:
    """Its encoder writes the second of its making; the same job must give the same bytes."""
    made = filtered(animated("gif", pictures(2, 0.01)), "convert:format=avif").data
    for kind in (b"mvhd", b"tkhd", b"mdhd"):
        places = [place for place in range(len(made)) if made.startswith(kind, place)]
        assert places
        for place in places:
            both = 16 if made[place + 4] else 8
            assert made[place + 8 : place + 8 + both] == bytes(both)
    assert header_of(made).frames == 2
    assert len(seen(made)) == 2
