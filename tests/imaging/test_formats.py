"""Every format in its guises: read right, written so that others read it, metadata kept."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from dpip.errors import Malformed, Refused, TooLarge, Unprocessable, UnsupportedFormat
from imaging import FORMATS, Limits, parse_pipeline, read_header, run
from imaging.containers.png import SIGNATURE, chunk_bytes
from imaging.formats import canonical_name, sniff
from tests.imaging.moving import header_of
from tests.imaging.samples import Array, array, blurred, filtered, luma, opened, psnr, rgb

PIXELS = rgb(0.03)
ALPHA = np.linspace(0, 255, PIXELS.shape[1]).astype(np.uint8)[None, :].repeat(PIXELS.shape[0], 0)
NEEDS_HEIC = pytest.mark.skipif(not FORMATS["heic"].available, reason="the extra heic is not installed")
NEW = ("gif", "avif", "jpeg2000", "pnm", pytest.param("heic", marks=NEEDS_HEIC))
FLOORS = {"gif": 27, "avif": 29, "jpeg2000": 38, "pnm": 99, "heic": 27}  # dB of what is stored
GUISES = {"gray": PIXELS[..., 1], "colour": PIXELS, "alpha": np.dstack((PIXELS, ALPHA))}


def made(form: str, pixels: Array, **options: Any) -> bytes:
    """By Pillow."""
    name = {"pnm": "PPM", "heic": "HEIF"}.get(form, form.upper())
    if form == "heic":
        import pillow_heif  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415

        pillow_heif.register_heif_opener()
    if form in ("avif", "heic"):
        options = {"quality": 95} | options
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, name, **options)
    return buffer.getvalue()


def seen(data: bytes, mode: str) -> Array:
    return np.asarray(opened(data).convert(mode))


@pytest.mark.parametrize("guise", GUISES)
@pytest.mark.parametrize("form", NEW)
def test_all_formats_become_all_others_and_come_back(form: str, guise: str) -> None:
    """PNG into the format, and the file that Pillow makes of it into PNG."""
    pixels = GUISES[guise]
    png = made("png", pixels)
    written = filtered(png, "convert", format=form)
    mode = {"gray": "L", "colour": "RGB", "alpha": "RGBA"}[guise]
    if form == "pnm" and guise == "alpha":
        assert "laid over white" in written.notes[0]
        return
    got = seen(written.data, mode)
    if guise == "alpha":
        assert np.abs(got[..., 3].astype(int) - ALPHA).max() <= (128 if form == "gif" else 12)
        clearly = ALPHA > 200
        got, wanted = got[clearly][:, :3], pixels[clearly][:, :3]
    else:
        wanted = pixels
    assert psnr(got, wanted) > FLOORS[form]
    header = header_of(written.data)
    assert header.format == form == written.facts.format
    assert header.has_alpha is (guise == "alpha")
    back = filtered(written.data, "convert", format="png")
    assert (array(back.data, mode) == seen(written.data, mode)).all()
    assert opened(back.data).mode == ("RGB" if form == "gif" and guise == "gray" else mode)


@pytest.mark.parametrize("form", NEW)
def test_filters_work_on_them(form: str) -> None:
    data = made(form, PIXELS)
    before = seen(data, "RGB")
    for filter_, wanted in (("blur", blurred(before, 3)), ("grayscale", luma(before))):
        result = filtered(data, filter_)
        assert result.facts.format == form
        assert psnr(seen(result.data, "RGB" if filter_ == "blur" else "L"), wanted) > 27


@pytest.mark.parametrize("form", NEW)
def test_headers_say_what_pillow_says(form: str) -> None:
    for guise, pixels in GUISES.items():
        if form == "pnm" and guise == "alpha":
            continue
        data = made(form, pixels)
        header = header_of(data)
        assert (header.width, header.height) == opened(data).size
        assert header.has_alpha is (guise == "alpha")
        assert header.bit_depth == 8
        if form != "gif":
            assert header.channels == pixels.reshape(*pixels.shape[:2], -1).shape[2]


@pytest.mark.parametrize("form", NEW)
def test_whatever_is_missing_at_the_end_is_noticed(form: str) -> None:
    """At the door where that is cheap, else by the decoder."""
    data = made(form, PIXELS)
    for cut in (*range(3, 200, 9), *range(200, len(data) - 3, len(data) // 60), len(data) - 3):
        with pytest.raises(Refused):
            header_of(data[:cut])
        with pytest.raises(Refused):
            run(data[:cut], parse_pipeline("blur"), Limits())


@pytest.mark.parametrize("form", ["avif", "jpeg2000", pytest.param("heic", marks=NEEDS_HEIC)])
def test_profiles_and_personal_data(form: str) -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x013B] = "Somebody"
    exif[0x0112] = 6
    jpeg = made("jpeg", PIXELS, icc_profile=icc, exif=exif)
    kept = filtered(jpeg, "blur", format=form, keep_metadata="true")
    metadata = _metadata(kept.data, form)
    assert metadata.icc == icc
    assert metadata.exif is not None
    assert b"Somebody" in metadata.exif
    assert (kept.facts.width, kept.facts.height) == PIXELS.shape[:2], "it was turned"
    again = filtered(kept.data, "blur", format="jpeg", keep_metadata="true")
    assert opened(again.data).getexif()[0x013B] == "Somebody"
    assert opened(again.data).info["icc_profile"] == icc
    bare = filtered(kept.data, "blur").data
    assert b"Somebody" not in bare
    assert _metadata(bare, form).icc == icc


def _metadata(data: bytes, form: str) -> Any:
    from imaging.containers import container_of  # noqa: PLC0415

    return container_of(form).read_metadata(io.BytesIO(data), len(data))


def test_xmp_is_kept_when_asked_for() -> None:
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    png = made("webp", PIXELS, xmp=packet)
    for form in ("avif", "jpeg2000"):
        data = filtered(png, "blur", format=form, keep_metadata="true").data
        assert _metadata(data, form).xmp == packet
        assert packet not in filtered(png, "blur", format=form).data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_avif_is_applied(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = made("avif", PIXELS, exif=exif.tobytes())
    wanted = array(made("png", PIXELS, exif=exif.tobytes()), "RGB")
    assert psnr(array(filtered(data, "convert", format="png").data), wanted) > 30


def test_deep_avif_is_read_in_16_bits() -> None:
    deep = PIXELS[..., ::-1].astype(np.uint16) * 4
    encoded = cv2.imencode(".avif", deep, [cv2.IMWRITE_AVIF_DEPTH, 10, cv2.IMWRITE_AVIF_QUALITY, 100])[1]
    data = encoded.tobytes()
    assert header_of(data).bit_depth == 10
    back = cv2.imdecode(np.frombuffer(filtered(data, "convert", format="png").data, np.uint8), -1)
    assert back.dtype == np.uint16
    assert psnr(back, deep * (65535 / 1023), 65535) > 28
    again = filtered(data, "blur")
    assert not again.notes
    assert header_of(again.data).bit_depth == 12
    png = cv2.imencode(".png", deep * 64)[1].tobytes()
    assert "AVIF stores 12 bits" in filtered(png, "convert", format="avif").notes[0]


@pytest.mark.parametrize("guise", GUISES)
def test_lossless_avif_is_just_that(guise: str) -> None:
    exif = Image.Exif()
    exif[0x013B] = "Somebody"
    png = made("png", GUISES[guise], exif=exif)
    data = filtered(png, "convert:format=avif,lossless=true,keep_metadata=true").data
    assert (np.asarray(opened(data)) == GUISES[guise]).all()
    assert opened(data).getexif()[0x013B] == "Somebody"


@pytest.mark.parametrize("form", ["jpeg2000", "pnm"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_survive(form: str, channels: int) -> None:
    deep = PIXELS[..., ::-1].astype(np.uint16) * 256 + 77
    deep = deep if channels == 3 else np.ascontiguousarray(deep[..., 1])
    png = cv2.imencode(".png", deep)[1].tobytes()
    result = filtered(png, "convert", format=form)
    assert not result.notes
    assert header_of(result.data).bit_depth == 16
    back = filtered(result.data, "convert", format="png").data
    assert (cv2.imdecode(np.frombuffer(back, np.uint8), -1) == deep).all()


def test_jpeg_2000_stays_lossless_where_it_was() -> None:
    lossless = made("jpeg2000", PIXELS)
    assert header_of(lossless).lossless
    assert (seen(filtered(lossless, "convert").data, "RGB") == PIXELS).all()
    lossy = filtered(lossless, "convert", quality="60").data
    assert not header_of(lossy).lossless
    assert len(lossy) < len(lossless) / 2
    raw = made("jpeg2000", PIXELS, no_jp2=True)
    assert (seen(filtered(raw, "convert", format="png").data, "RGB") == PIXELS).all()


def pnm(kind: int, most: int = 0) -> tuple[bytes, Array]:
    """Each of the six kinds, written out by hand, and what is to be seen."""
    gray = PIXELS[:20, :37, 1]
    if kind in (1, 4):
        bits = (gray < 128).astype(np.uint8)  # a set bit is black
        body = np.packbits(bits, axis=1).tobytes() if kind == 4 else "".join(map(str, bits.ravel())).encode()
        return f"P{kind} # a comment\n37 20\n".encode() + body, (1 - bits) * 255
    pixels = gray if kind in (2, 5) else PIXELS[:20, :37]
    samples = (pixels.astype(np.int64) * most + 127) // 255
    wanted = np.rint(samples * ((65535 if most > 255 else 255) / most))
    if kind in (2, 3):
        body = " ".join(map(str, samples.ravel())).encode()
    else:
        body = samples.astype(">u2" if most > 255 else "u1").tobytes()
    return f"P{kind}\n# a comment\n37\t20\n{most}\n".encode() + body, wanted


@pytest.mark.parametrize(
    ("kind", "most"),
    [(1, 1), (4, 1), *((kind, most) for kind in (2, 3, 5, 6) for most in (15, 255, 1023, 65535))],
)
def test_all_kinds_of_pnm_are_read(kind: int, most: int) -> None:
    data, wanted = pnm(kind, most)
    result = filtered(data, "convert", format="png").data
    got = cv2.imdecode(np.frombuffer(result, np.uint8), cv2.IMREAD_UNCHANGED)
    assert got.dtype == (np.uint16 if most > 255 else np.uint8)
    assert (got == (wanted if wanted.ndim == 2 else wanted[..., ::-1])).all()


@pytest.mark.parametrize(
    "data",
    [
        b"P5",
        b"P5\n",
        b"P5\n3 3\n",
        b"P5\n3 3\n255",
        b"P5\n3 3\n70000\n" + bytes(18),
        b"P5\n3 0\n255\n",
        b"P5\n-3 3\n255\n" + bytes(9),
        b"P5\n3 3\n255\n" + bytes(8),
        b"P2\n2 2\n9\n1 2 3 x",
        b"P2\n2 2\n9\n1 2 3 10",
        b"P2\n2 2\n9\n1 2 3     ",
        b"P2\n2 2\n9\n1 2 3 -1 ",
        b"P2\n2 2\n9\n1 2 3 99999999999999999999",
        b"P1\n2 2\n0 1 2 1",
        b"P1\n2 2\n0 1 0",
        b"P6\n99999999999 3\n255\n" + bytes(9),
    ],
)
def test_broken_pnm_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        run(data, parse_pipeline("blur"), Limits())


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("layout", [{}, {"tile": (64, 64)}, {"rowsperstrip": 7}])
@pytest.mark.parametrize("deep", [False, True])
def test_tiff_in_strips_and_tiles(compression: str | None, layout: dict[str, Any], deep: bool) -> None:
    pixels = PIXELS.astype(np.uint16) * 256 + 9 if deep else PIXELS
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, photometric="rgb", compression=compression, **layout)
    result = filtered(buffer.getvalue(), "convert", format="png").data
    back = cv2.imdecode(np.frombuffer(result, np.uint8), cv2.IMREAD_UNCHANGED)
    assert (back[..., ::-1] == pixels).all()


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg"])
def test_compressions_of_tiff(compression: str) -> None:
    data = made("tiff", PIXELS, compression=compression)
    result = array(filtered(data, "convert", format="png").data)
    assert psnr(result, PIXELS) > (25 if compression == "jpeg" else 99)


def test_tiff_keeps_every_page_as_it_is() -> None:
    """Pages of all sizes and kinds, one of them turned."""
    deep = PIXELS[:50, :70].astype(np.uint16) * 256 + 5
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(PIXELS, photometric="rgb", resolution=(300, 300), resolutionunit="INCH")
        writer.write(deep, photometric="rgb", compression="zlib")
        writer.write(PIXELS[..., 1], photometric="minisblack", extratags=[(274, "H", 1, 6, True)])
    data = buffer.getvalue()
    header = header_of(data)
    assert header.frames == 3
    assert [(page.width, page.height, page.bit_depth) for page in header.pages] == [
        (*PIXELS.shape[1::-1], 8),
        (70, 50, 16),
        (*PIXELS.shape[1::-1], 8),
    ]
    result = filtered(data, "convert")
    assert result.notes == ()
    with tifffile.TiffFile(io.BytesIO(result.data)) as read:
        pages = read.pages
        assert len(pages) == 3
        assert pages[0].tags["XResolution"].value[0] / pages[0].tags["XResolution"].value[1] == 300
    done, got = cv2.imdecodemulti(np.frombuffer(result.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert done
    for page, wanted in zip(
        got, (PIXELS[..., ::-1], deep[..., ::-1], np.rot90(PIXELS[..., 1], -1)), strict=True
    ):
        assert page.dtype == wanted.dtype
        assert (page == wanted).all()
    gray = filtered(data, "grayscale")
    assert [page.mode for page in _pages(gray.data)] == ["L", "I;16", "L"]
    first = filtered(data, "convert", format="png")
    assert (array(first.data) == PIXELS).all()
    assert first.notes == ("PNG does not store pages: the result is the first of 3",)


def _pages(data: bytes) -> list[Image.Image]:
    image = Image.open(io.BytesIO(data))
    pages = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        pages.append(image.copy())
    return pages


def test_a_thumbnail_in_a_tiff_is_no_page() -> None:
    for thumbnail_first in (True, False):
        buffer = io.BytesIO()
        with tifffile.TiffWriter(buffer) as writer:
            for is_thumbnail in (thumbnail_first, not thumbnail_first):
                pixels = np.ascontiguousarray(PIXELS[::8, ::8]) if is_thumbnail else PIXELS
                writer.write(pixels, photometric="rgb", subfiletype=int(is_thumbnail))
        assert header_of(buffer.getvalue()).frames == 1
        result = filtered(buffer.getvalue(), "convert", format="png")
        assert (array(result.data) == PIXELS).all()
        assert result.notes == ()


@pytest.mark.parametrize("page", [0, 1])
def test_limits_hold_for_every_page(page: int) -> None:
    sizes = [(20, 30), (20, 30)]
    sizes[page] = (300, 400)
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for size in sizes:
            writer.write(np.zeros(size, np.uint8), photometric="minisblack")
    with pytest.raises(TooLarge, match=r"at most 0\.1 megapixels"):
        header_of(buffer.getvalue(), Limits(max_megapixels=0.1))


_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@pytest.mark.parametrize("deep", [False, True])
def test_interlaced_png_is_read(deep: bool) -> None:
    """Written by hand: no encoder that is here writes it."""
    pixels = PIXELS[:61, :47].astype(">u2") * 257 if deep else PIXELS[:61, :47]
    rows = b"".join(
        b"\0" + row.tobytes()
        for left, top, across, down in _PASSES
        for row in pixels[top::down, left::across]
    )
    header = struct.pack(">IIBBBBB", 47, 61, 16 if deep else 8, 2, 0, 0, 1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    data = SIGNATURE + b"".join(chunk_bytes(kind, content) for kind, content in chunks)
    result = filtered(data, "convert", format="tiff").data
    back = cv2.imdecode(np.frombuffer(result, np.uint8), cv2.IMREAD_UNCHANGED)
    assert (back[..., ::-1] == pixels).all()


def test_names_and_contents() -> None:
    names = {"jpg": "jpeg", "apng": "png", "JP2": "jpeg2000", ".ppm": "pnm", "heif": "heic", "tif": "tiff"}
    assert {name: canonical_name(name) for name in names} == names
    assert sniff(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + bytes(40)) is FORMATS["avif"]
    assert sniff(b"\0\0\0\x1cftypheic\0\0\0\0mif1heicavif" + bytes(40)) is FORMATS["heic"]
    assert sniff(b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(40)) is None
    assert sniff(b"\0\0\0\x0cftypheic") is FORMATS["heic"]


def test_heic_without_its_extra_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imaging.formats.importlib.util.find_spec", lambda _: None)
    data = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)
    with pytest.raises(UnsupportedFormat, match="the extra 'heic' of DPIP is not installed"):
        read_header(io.BytesIO(data), len(data), Limits())
    with pytest.raises(Unprocessable, match="HEIC is not written here"):
        filtered(made("png", PIXELS), "convert", format="heic")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises((Unprocessable, Malformed)):
        parse_pipeline("convert:format=svg")


@NEEDS_HEIC
@pytest.mark.parametrize("primary", [0, 2])
def test_of_several_pictures_in_a_heic_the_primary_one_is_taken_and_said(primary: int) -> None:
    import pillow_heif  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415

    burst = pillow_heif.HeifFile()
    for shade in (40, 120, 200):
        burst.add_from_pillow(Image.new("RGB", (96, 64), (shade, shade, shade)))
    buffer = io.BytesIO()
    burst.save(buffer, quality=90, primary_index=primary)
    data = buffer.getvalue()
    assert header_of(data).others == 2
    result = filtered(data, "convert:format=png")
    assert abs(int(array(result.data)[32, 48, 0]) - (40, 120, 200)[primary]) <= 2
    assert "the HEIC file holds 3 pictures: the result is of the primary one" in result.notes
    alone = filtered(made("heic", PIXELS), "blur")
    assert not any("pictures" in note for note in alone.notes)


@NEEDS_HEIC
def test_alpha_and_thumbnails_of_a_heic_are_no_pictures_of_their_own() -> None:
    import pillow_heif  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415

    alpha = np.dstack((PIXELS, PIXELS[..., 0]))
    file = pillow_heif.from_pillow(Image.fromarray(alpha))
    file[0].info["thumbnails"] = [64]
    buffer = io.BytesIO()
    file.save(buffer, quality=90)
    assert header_of(buffer.getvalue()).others == 0
    assert header_of(buffer.getvalue()).has_alpha


def test_of_several_pictures_in_a_jpeg_the_first_is_taken_and_said() -> None:
    """CIPA's Multi-Picture Format: stereo pairs, bursts."""
    pair = made("mpo", PIXELS, save_all=True, append_images=[Image.fromarray(PIXELS[::-1].copy())])
    header = header_of(pair)
    assert (header.format, header.others) == ("jpeg", 1)
    for filter_ in ("grayscale", "convert", "invert", "blur"):
        result = filtered(pair, filter_)
        assert "the JPEG file holds 2 pictures: the result is of the first of them" in result.notes
        assert header_of(result.data).others == 0
        assert result.data.count(b"\xff\xd8\xff") == 1, "nothing of the other one is left"
    for at in range(len(pair.split(b"MPF\0")[0]), len(pair.split(b"MPF\0")[0]) + 90):
        broken = bytearray(pair)
        broken[at] ^= 0xFF
        with contextlib.suppress(Refused):
            header_of(bytes(broken))
