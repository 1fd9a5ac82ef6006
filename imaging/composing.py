"""Animations as whole pictures: parts are laid onto a canvas, and changes are cut out of it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dpip.errors import Unprocessable
from imaging.animation import Afterwards, Film, Part
from imaging.codecs import avif, codec_of
from imaging.containers import apng, gif, webp_animation
from imaging.frame import Frame
from imaging.lazy import cv2, np
from imaging.picture import Picture, Pixels
from imaging.shaping import in_8_bits, in_colour_order, joined
from imaging.structure import Header

_SPLIT: dict[str, Callable[[bytes], Iterator[Part]]] = {
    "gif": gif.split,
    "png": apng.split,
    "webp": webp_animation.split,
}
_BAND = 128  # rows that are blended at a time
_EVEN = frozenset({"webp"})  # formats whose parts lie at even places


def frames_of(data: bytes, header: Header) -> Iterator[Frame]:
    """The whole pictures of an animation, one by one. Raises `Unprocessable` where the file contradicts
    its header."""
    if header.format == "avif":
        yield from avif.frames(data, header)
        return
    count = 0
    for frame in _composed(_SPLIT[header.format](data), header):
        count += 1
        if count > header.frames:
            break
        yield frame
    if count != header.frames:
        raise Unprocessable(
            f"the {header.title} file contradicts itself: it has other than the {header.frames:,} frames "
            "that it says"
        )


def _composed(parts: Iterator[Part], header: Header) -> Iterator[Frame]:
    shape = (header.height, header.width, header.channels)[: 2 if header.channels == 1 else 3]
    canvas = np.zeros(shape, np.uint16 if header.is_deep else np.uint8)
    for part in parts:
        across, down = part.header.width, part.header.height
        if part.left + across > header.width or part.top + down > header.height:
            raise Unprocessable(f"the {header.title} file is broken: a frame lies outside its canvas")
        picture = codec_of(header.format).decode(part.data, part.header, luma_only=False)
        if (picture.width, picture.height) != (across, down):
            raise Unprocessable(f"the {header.title} file contradicts itself about the size of a frame")
        area = canvas[part.top : part.top + down, part.left : part.left + across]
        before = area.copy() if part.afterwards is Afterwards.RESTORE else None
        _lay(area, _like(picture, header), over=part.over and header.has_alpha)
        del picture
        yield Frame(Picture(canvas.copy()), part.seconds)
        if before is not None:
            area[...] = before
        elif part.afterwards is Afterwards.CLEAR:
            area[...] = 0


def _like(picture: Picture, header: Header) -> Pixels:
    """With the channels of the canvas."""
    if picture.is_deep and not header.is_deep:
        picture = in_8_bits(picture)
    if picture.has_alpha and not header.has_alpha:
        picture = Picture(np.ascontiguousarray(picture.colour))
    if header.has_alpha and not picture.has_alpha:
        top = np.iinfo(picture.pixels.dtype).max
        picture = joined(picture.pixels, np.full(picture.pixels.shape[:2], top, picture.pixels.dtype))
    if picture.is_gray and header.channels > 2:  # noqa: PLR2004 - colour
        picture = in_colour_order(picture)
        if picture.is_gray:
            picture = Picture(cv2.cvtColor(picture.pixels, cv2.COLOR_GRAY2BGR))
    if picture.channels != header.channels:
        raise Unprocessable(f"the {header.title} file contradicts itself about the colours of a frame")
    return picture.pixels


def _lay(area: Pixels, pixels: Pixels, *, over: bool) -> None:
    top = np.iinfo(pixels.dtype).max
    if not over or pixels[..., -1].min() == top:
        area[...] = pixels
        return
    for start in range(0, len(pixels), _BAND):
        _blend(area[start : start + _BAND], pixels[start : start + _BAND], float(top))


def _blend(area: Pixels, pixels: Pixels, top: float) -> None:
    """Source over destination; colours are not multiplied by alpha."""
    source: Pixels = pixels.astype(np.float32)
    below: Pixels = area.astype(np.float32)
    share = source[..., -1:] / top
    rest = below[..., -1:] / top * (1 - share)
    alpha = share + rest
    colours = (source[..., :-1] * share + below[..., :-1] * rest) / np.maximum(alpha, 1e-6)
    mixed = np.concatenate([colours, alpha * top], axis=-1)
    area[...] = np.rint(mixed).astype(area.dtype)
    np.copyto(area, pixels, where=pixels[..., -1:] == int(top))


def parts_of(
    frames: Iterator[Frame], film: Film, format_name: str, encode: Callable[[Picture], bytes]
) -> Iterator[Part]:
    """What changes from one frame to the next, each cut out and encoded on its own.

    A GIF cannot make clear again what was not: its frames are kept whole where there is alpha.
    """
    whole = format_name == "gif" and film.has_alpha
    previous: Pixels | None = None
    for frame in frames:
        pixels = frame.picture.pixels
        left, top, right, bottom = 0, 0, film.width, film.height
        if previous is not None:
            _check_alike(previous, pixels)
            if not whole:
                left, top, right, bottom = _changed(previous, pixels)
        if format_name in _EVEN:
            left, top = left - left % 2, top - top % 2
        cut = Picture(np.ascontiguousarray(pixels[top:bottom, left:right]))
        header = Header(format_name, cut.width, cut.height)
        afterwards = Afterwards.CLEAR if whole else Afterwards.KEEP
        encoded = encode(cut)
        del cut
        yield Part(encoded, header, left, top, frame.seconds, afterwards=afterwards)
        previous = pixels


def _check_alike(previous: Pixels, pixels: Pixels) -> None:
    if previous.shape != pixels.shape or previous.dtype != pixels.dtype:
        raise Unprocessable(
            f"the pipeline makes frames of different sizes ({previous.shape[1]} x {previous.shape[0]}, then "
            f"{pixels.shape[1]} x {pixels.shape[0]} pixels), and those of an animation are alike: "
            "use filters that do not go by what is in a picture (crop instead of trim)"
        )


def _changed(previous: Pixels, pixels: Pixels) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the smallest box around it; one pixel where nothing changed."""
    differs = previous != pixels
    if differs.ndim > 2:  # noqa: PLR2004 - several channels
        differs = differs.any(axis=2)
    rows = np.flatnonzero(differs.any(axis=1))
    columns = np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return 0, 0, 1, 1
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
