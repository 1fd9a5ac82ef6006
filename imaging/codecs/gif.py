"""GIF by Pillow: 256 colours a picture, and pixels that are clear or not.

A picture of at most 256 colours is stored as it is. Others get the palette of their own that median cut
chooses, and errors are diffused (Floyd and Steinberg).
"""

from __future__ import annotations

from collections.abc import Mapping

from PIL import Image

from imaging.codecs import pillow
from imaging.codecs.options import EncodeOptions
from imaging.lazy import cv2, np
from imaging.picture import Picture, Pixels
from imaging.shaping import in_colour_order
from imaging.structure import Header

COLOURS = 256
_BAND = 64  # rows
_HALF_CLEAR = 128  # alpha below this is clear


def decode(data: bytes, header: Header, *, luma_only: bool) -> Picture:  # noqa: ARG001 - the protocol
    """Of a file whose one picture covers its canvas."""
    with pillow.opened(data, header) as image:
        image.load()
        indices = np.asarray(image)
        palette = np.frombuffer(bytes(image.getpalette() or ()), np.uint8).reshape(-1, 3)
        clear = image.info.get("transparency")
    table = np.zeros((COLOURS, 4 if header.has_alpha else 3), np.uint8)
    if len(palette):
        table[: len(palette), :3] = palette[:COLOURS, ::-1]
    else:
        table[:, :3] = np.arange(COLOURS, dtype=np.uint8)[:, None]
    if header.has_alpha:
        table[:, 3] = 255
        if isinstance(clear, int):
            table[clear] = 0
    return Picture(cv2.merge([cv2.LUT(indices, np.ascontiguousarray(values)) for values in table.T]))


def needs_fewer_colours(picture: Picture) -> bool:
    """True when storing it changes colours."""
    return not picture.is_gray and _exact_palette(_opaque(picture), COLOURS - picture.has_alpha) is None


def has_partial_alpha(picture: Picture) -> bool:
    alpha = picture.alpha
    return alpha is not None and bool(((alpha > 0) & (alpha < np.iinfo(alpha.dtype).max)).any())


def encode(picture: Picture, options: EncodeOptions) -> bytes:  # noqa: ARG001 - there is no choice
    most = COLOURS - int(picture.has_alpha)
    if picture.is_gray and not picture.has_alpha:
        return _stored(picture.pixels, bytes(value for value in range(COLOURS) for _ in range(3)))
    opaque = _opaque(picture)
    palette = _exact_palette(opaque, most)
    if palette is None:
        image = Image.fromarray(cv2.cvtColor(opaque, cv2.COLOR_BGR2RGB))
        chosen = image.quantize(most, Image.Quantize.MEDIANCUT)
        reduced = image.quantize(palette=chosen, dither=Image.Dither.FLOYDSTEINBERG)
        indices = np.array(reduced)
        rgb = bytes(reduced.getpalette() or ())[: 3 * most]
    else:
        indices, rgb = palette
    alpha = picture.alpha
    if alpha is None:
        return _stored(indices, rgb)
    clear = len(rgb) // 3
    indices[alpha < _HALF_CLEAR] = clear
    return _stored(indices, rgb + bytes(3), {"transparency": clear})


def _stored(indices: Pixels, rgb: bytes, more: Mapping[str, object] | None = None) -> bytes:
    image = Image.fromarray(indices)
    image.putpalette(rgb)
    return pillow.saved(image, "GIF", {"optimize": False, "interlace": 0, **(more or {})})


def _opaque(picture: Picture) -> Pixels:
    """Three channels; what is clear is black, so that it takes no colour."""
    if picture.is_gray:
        picture = Picture(cv2.cvtColor(np.ascontiguousarray(picture.colour), cv2.COLOR_GRAY2BGR))
        return picture.pixels
    alpha = picture.alpha
    if alpha is None:
        return picture.pixels
    colour = in_colour_order(picture).pixels[:, :, :3].copy()
    colour[alpha < _HALF_CLEAR] = 0
    return colour


def _exact_palette(pixels: Pixels, most: int) -> tuple[Pixels, bytes] | None:
    """Indices and colours, if there are at most so many. Band by band, which most photographs end at once."""
    colours = np.empty(0, np.uint32)
    for start in range(0, len(pixels), _BAND):
        colours = np.union1d(colours, _codes(pixels[start : start + _BAND]))
        if colours.size > most:
            return None
    indices = np.empty(pixels.shape[:2], np.uint8)
    for start in range(0, len(pixels), _BAND):
        indices[start : start + _BAND] = np.searchsorted(colours, _codes(pixels[start : start + _BAND]))
    rgb = np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
    return indices, rgb.tobytes()


def _codes(pixels: Pixels) -> Pixels:
    """A number for each colour."""
    wide = pixels.astype(np.uint32)
    return wide[:, :, 2] << 16 | wide[:, :, 1] << 8 | wide[:, :, 0]
