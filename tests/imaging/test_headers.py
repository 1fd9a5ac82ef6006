"""What is refused at the door, on the header alone, and what is let in."""

from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dpip.errors import Refused, TooLarge, Unprocessable, UnsupportedFormat
from imaging import FORMATS, Limits, check_complete, parse_pipeline, read_header, run
from imaging.containers.png import SIGNATURE, chunk_bytes
from imaging.header import Header
from tests.imaging.samples import FORMATS as NAMES
from tests.imaging.samples import rgb, saved

SMALL = {form: saved(rgb(0.02), form) for form in NAMES}
BLUR = parse_pipeline("blur")


def header_of(data: bytes, limits: Limits | None = None) -> Header:
    return read_header(io.BytesIO(data), len(data), limits or Limits())


def admit(data: bytes) -> None:
    check_complete(io.BytesIO(data), len(data), header_of(data))


@pytest.mark.parametrize("form", NAMES)
def test_headers_say_what_pillow_says(form: str) -> None:
    image = Image.open(io.BytesIO(SMALL[form]))
    header = header_of(SMALL[form])
    assert header.format == form == (image.format or "").lower()
    assert (header.width, header.height) == image.size
    assert header.media_type == image.get_format_mimetype()
    assert header.extension == FORMATS[form].extension
    assert (header.channels, header.bit_depth, header.frames, header.has_alpha) == (3, 8, 1, False)
    assert header.size_bytes == len(SMALL[form])


@pytest.mark.parametrize("form", NAMES)
def test_whole_files_are_let_in(form: str) -> None:
    admit(SMALL[form])


@pytest.mark.parametrize("tail", [bytes(5000), b"\xff\xd8\xff\xe1 a preview", bytes(200_000)])
def test_what_cameras_write_behind_a_jpeg_is_let_in(tail: bytes) -> None:
    admit(SMALL["jpeg"] + tail)
    assert run(SMALL["jpeg"] + tail, BLUR, Limits()).facts.format == "jpeg"


def test_progressive_and_restarted_jpegs_are_let_in() -> None:
    pixels = rgb(0.02)
    admit(saved(pixels, "jpeg", progressive=True))
    admit(saved(pixels, "jpeg", restart_marker_blocks=2))
    admit(saved(pixels, "jpeg", exif=Image.Exif().tobytes() + bytes(20_000)))


@pytest.mark.parametrize("form", NAMES)
def test_a_file_that_is_cut_off_is_refused(form: str) -> None:
    """By the cheap check where that can tell, by decoding where not; always as Unprocessable."""
    data = SMALL[form]
    step = max(1, len(data) // 60)
    cuts = [*range(16, min(len(data), 400), 7), *range(400, len(data) - 1, step), len(data) - 2]
    for cut in cuts:
        with pytest.raises(Unprocessable):
            admit(data[:cut])
        with pytest.raises(Unprocessable):
            run(data[:cut], BLUR, Limits())


@pytest.mark.parametrize("form", ["png", "webp", "tiff", "bmp"])
def test_cut_off_pictures_with_alpha_are_refused(form: str) -> None:
    data = saved(np.dstack((rgb(0.02), rgb(0.02)[..., 0])), form)
    for share in (0.1, 0.5, 0.9, 0.99):
        with pytest.raises(Unprocessable):
            admit(data[: int(len(data) * share)])


def test_the_message_says_that_it_is_cut_off() -> None:
    with pytest.raises(Unprocessable, match="cut off: its end-of-image marker is missing"):
        admit(SMALL["jpeg"][:-1000])
    with pytest.raises(Unprocessable, match=r"cut off.*IEND"):
        admit(SMALL["png"][:-12])
    with pytest.raises(Unprocessable, match=r"cut off: its chunk at byte .* reaches beyond the end"):
        admit(SMALL["png"][:-20])


@pytest.mark.parametrize(
    "data",
    [
        b"just a text\n",
        b"P5 is no picture"[:2],
        b"\x00" * 100,
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42" + bytes(40),
        b"8BPS\x00\x01" + bytes(20),
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"%PDF-1.7",
        b"R",
        b"RIFF1234WAVE" + bytes(20),
    ],
)
def test_what_is_no_picture_of_ours_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(UnsupportedFormat, match=r"JPEG, PNG, WebP, GIF, AVIF, BMP, TIFF, JPEG 2000.* PNM"):
        header_of(data)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(Unprocessable, match="empty"):
        header_of(b"")


def png_header(width: int, height: int) -> bytes:
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return SIGNATURE + chunk_bytes(b"IHDR", body) + chunk_bytes(b"IDAT", pixels) + chunk_bytes(b"IEND", b"")


def bombs() -> dict[str, bytes]:
    """Small files that claim 100,000 x 100,000 pixels (or as many as their headers can say)."""
    jpeg = SMALL["jpeg"]
    frame = jpeg.index(b"\xff\xc0")
    webp = b"VP8X" + struct.pack("<II", 10, 0) + (99_999).to_bytes(3, "little") * 2
    tiff = bytearray(SMALL["tiff"])
    start = struct.unpack_from("<I", tiff, 4)[0]
    for index in range(struct.unpack_from("<H", tiff, start)[0]):
        at = start + 2 + 12 * index
        if struct.unpack_from("<H", tiff, at)[0] in (256, 257):
            tiff[at + 2 : at + 12] = struct.pack("<HII", 4, 1, 100_000)
    return {
        "png": png_header(100_000, 100_000),
        "jpeg": jpeg[: frame + 5] + struct.pack(">HH", 65_000, 65_000) + jpeg[frame + 9 :],
        "webp": b"RIFF" + struct.pack("<I", len(webp) + 4) + b"WEBP" + webp,
        "bmp": SMALL["bmp"][:18] + struct.pack("<ii", 100_000, 100_000) + SMALL["bmp"][26:],
        "tiff": bytes(tiff),
    }


@pytest.mark.parametrize("form", NAMES)
def test_bombs_are_refused_on_their_header(form: str) -> None:
    bomb = bombs()[form]
    for refused in (lambda: header_of(bomb), lambda: run(bomb, BLUR, Limits())):
        with pytest.raises(TooLarge, match=r"at most 200 megapixels"):
            refused()


def test_limits_are_named_with_their_numbers() -> None:
    with pytest.raises(TooLarge, match=r"100,000 x 100,000 pixels, 10,000.0 megapixels; at most 200"):
        header_of(png_header(100_000, 100_000))
    with pytest.raises(TooLarge, match=r"neither side may be longer than 65,535"):
        header_of(png_header(100_000, 1))
    with pytest.raises(TooLarge, match=r"at most 1,048,576 \(1 MiB\)"):
        read_header(io.BytesIO(SMALL["png"]), 2_000_000, Limits(max_bytes=2**20))
    header_of(SMALL["png"], Limits(max_megapixels=0.03))
    with pytest.raises(TooLarge):
        header_of(SMALL["png"], Limits(max_megapixels=0.01))


@pytest.mark.parametrize("form", ["webp", "png", "tiff"])
def test_several_pictures_in_one_file_are_counted(form: str) -> None:
    frames = [Image.fromarray(rgb(0.02)), Image.fromarray(255 - rgb(0.02)), Image.fromarray(rgb(0.02) // 2)]
    data = saved(frames[0], form, save_all=True, append_images=frames[1:])
    assert header_of(data, Limits(max_frames=3)).frames == 3
    with pytest.raises(TooLarge, match=r"holds 3 pictures.*at most 2"):
        header_of(data, Limits(max_frames=2))
    with pytest.raises(TooLarge, match=r"0.1 megapixels together; at most 0.05"):
        header_of(data, Limits(max_total_megapixels=0.05))


def test_a_header_that_lies_about_its_size_is_refused() -> None:
    """Those behind the header read another size than we do: never trust, check."""
    data = SMALL["webp"]
    body = data[12:]
    extended = b"VP8X" + struct.pack("<II", 10, 0) + (9).to_bytes(3, "little") * 2
    lying = b"RIFF" + struct.pack("<I", 4 + len(extended) + len(body)) + b"WEBP" + extended + body
    with pytest.raises(Unprocessable):
        run(lying, BLUR, Limits())


@pytest.mark.parametrize("form", NAMES)
def test_damaged_files_are_refused_or_filtered_but_never_crash(form: str) -> None:
    random = np.random.default_rng(3)
    for _ in range(150):
        data = bytearray(SMALL[form])
        for place in random.integers(0, len(data), 4):
            data[place] = random.integers(256)
        for place in random.integers(0, 120, 2):
            data[place] = random.integers(256)
        with contextlib.suppress(Refused):
            assert run(bytes(data), BLUR, Limits(max_megapixels=1)).data


@given(st.binary(max_size=300), st.sampled_from(NAMES), st.integers(4, 60))
def test_headers_of_rubbish_raise_nothing_but_refusals(rubbish: bytes, form: str, kept: int) -> None:
    data = SMALL[form][:kept] + rubbish
    with contextlib.suppress(Refused):
        admit(data)


@pytest.mark.parametrize("form", NAMES)
def test_a_header_costs_few_bytes(form: str) -> None:
    """The file of an upload is not read whole to see what it is."""

    class Counted(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.taken += len(data)
            return data

    data = saved(rgb(1), form)
    stream = Counted(data)
    check_complete(stream, len(data), read_header(stream, len(data), Limits()))
    assert stream.taken < 100_000 < len(data)


def test_too_many_scans_are_refused() -> None:
    data = saved(rgb(0.02), "jpeg", progressive=True)
    last = data.rindex(b"\xff\xda")
    many = data[:-2] + data[last:-2] * 200 + data[-2:]
    assert header_of(many).progressive
    with pytest.raises(Unprocessable, match="scans; at most 100"):
        run(many, BLUR, Limits())


def test_big_tiff_and_either_byte_order_are_read() -> None:
    pixels = rgb(0.02)
    big = saved(pixels, "tiff", big_tiff=True)
    assert (header_of(big).width, header_of(big).height) == pixels.shape[1::-1]
    admit(big)
    motorola = b"MM\x00*" + struct.pack(">I", 8)
    entries = (
        (256, 3, 1, 2 << 16),
        (257, 3, 1, 1 << 16),
        (258, 3, 1, 8 << 16),
        (262, 3, 1, 1 << 16),
        (273, 4, 1, 200),
    )
    entries += ((277, 3, 1, 1 << 16), (279, 4, 1, 2))
    directory = struct.pack(">H", len(entries)) + b"".join(struct.pack(">HHII", *entry) for entry in entries)
    data = (motorola + directory + bytes(4)).ljust(200, b"\x00") + b"\x10\xf0"
    header = header_of(data)
    assert (header.width, header.height, header.channels) == (2, 1, 1)
    result = run(data, parse_pipeline("grayscale"), Limits()).data
    back = cv2.imdecode(np.frombuffer(result, np.uint8), cv2.IMREAD_UNCHANGED)
    assert back.tolist() == [[0x10, 0xF0]]


def test_reading_headers_loads_neither_opencv_nor_numpy_nor_pillow() -> None:
    program = (
        "import io, sys, imaging\n"
        "data = sys.stdin.buffer.read()\n"
        "header = imaging.read_header(io.BytesIO(data), len(data), imaging.Limits())\n"
        "imaging.check_complete(io.BytesIO(data), len(data), header)\n"
        "imaging.estimate_memory(header, imaging.parse_pipeline('blur|grayscale'))\n"
        "imaging.catalogue()\n"
        "print([name for name in ('cv2', 'numpy', 'PIL') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=SMALL["jpeg"], capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == "[]"
