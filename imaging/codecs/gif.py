"""GIF by Pillow: 256 colours a picture, and pixels that are clear or not.

A picture of at most 256 colours is stored as it is. Others get the palette of their own that median cut
chooses, and errors are diffused (Floyd and Steinberg).
"""

from __future__ import annotations

from PIL import Image

from imaging.codecs import pillow
from imaging.codecs.options import EncodeOptions
from imaging.lazy import cv2, np
from imaging.picture import Picture, Pixels
from imaging.shaping import in_colour_order
from imaging.structure import Header

COLOURS = 256
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
    return Picture(np.take(table, indices, axis=0))


def needs_fewer_colours(picture: Picture) -> bool:
    """True when storing it changes colours."""
    return not picture.is_gray and _exact_palette(_opaque(picture), COLOURS - picture.has_alpha) is None


def has_partial_alpha(picture: Picture) -> bool:
    alpha = picture.alpha
    return alpha is not None and bool(((alpha > 0) & (alpha < np.iinfo(alpha.dtype).max)).any())


def encode(picture: Picture, options: EncodeOptions) -> bytes:  # noqa: ARG001 - there is no choice
    opaque = _opaque(picture)
    most = COLOURS - int(picture.has_alpha)
    palette = _exact_palette(opaque, most)
    if palette is None:
        image = Image.fromarray(cv2.cvtColor(opaque, cv2.COLOR_BGR2RGB))
        chosen = image.quantize(most, Image.Quantize.MEDIANCUT)
        reduced = image.quantize(palette=chosen, dither=Image.Dither.FLOYDSTEINBERG)
        indices = np.array(reduced)
        rgb = bytes(reduced.getpalette() or ())[: 3 * most]
    else:
        indices, rgb = palette
    settings: dict[str, object] = {"optimize": False, "interlace": 0}
    alpha = picture.alpha
    if alpha is not None:
        rgb += bytes(3)
        clear = len(rgb) // 3 - 1
        indices[alpha < _HALF_CLEAR] = clear
        settings["transparency"] = clear
    stored = Image.fromarray(indices)
    stored.putpalette(rgb)
    return pillow.saved(stored, "GIF", settings)


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
    """Indices and colours, if there are at most so many."""
    codes = pixels[:, :, 2].astype(np.uint32)
    for channel in (1, 0):
        codes <<= 8
        codes |= pixels[:, :, channel]
    step = max(1, codes.size // 65_536)
    if np.unique(codes.reshape(-1)[::step]).size > most:  # a look at a few tells most photographs
        return None
    colours = np.unique(codes)
    if colours.size > most:
        return None
    rgb = np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
    return np.searchsorted(colours, codes).astype(np.uint8), rgb.tobytes()
