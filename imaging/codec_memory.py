"""What decoders and encoders take beside the file, measured on photographs (tests/imaging/test_memory.py).

Of formats for which the format and the shape of the picture tell it all; None for others.
"""

from __future__ import annotations

from collections.abc import Callable

from imaging.shape import Shape
from imaging.structure import Header

# bytes per pixel while encoding, by the channels of the picture
_AVIF_8_BITS = {1: 17.0, 2: 35.0, 3: 26.0, 4: 35.0}
_AVIF_16_BITS = {1: 29.0, 2: 62.0, 3: 48.0, 4: 62.0}
_AVIF_DEEP_DECODED = 16.0  # bytes per pixel at least: gray passes through three channels
_GIF_INDICES = 2.0  # bytes per pixel: what is stored, and twice what comes of it
_GIF_CHOOSING = 15.0  # while 256 colours are chosen
_JPEG2000_DECODED, _JPEG2000_ENCODED = 5.5, 12.0  # bytes per sample: numbers of 32 bits, and Pillow's own
_JPEG2000_DEEP_DECODED, _JPEG2000_DEEP_ENCODED = 7.0, 10.0
_HEIC_DECODED, _HEIC_ENCODED = (2.0, 1.7), (10.0, 6.5)  # bytes per pixel, and more of it per channel
_HEIC_ENCODER = 14 * 2**20  # bytes, however small the picture
_DEEP = 2  # bytes per sample


def _channels(shape: Shape) -> int:
    return shape.channels + shape.has_alpha


def _stored(shape: Shape) -> int:
    return shape.size_bytes + shape.alpha_bytes


def decoding(header: Header, shape: Shape) -> int | None:
    """Until the picture of this shape is there, itself included; a turn holds two of them."""
    measure = _DECODING.get(header.format)
    if measure is None:
        return None
    return int(max(measure(shape, header.plain), 2 * _stored(shape) if header.sideways else 0))


def _decoded_gif(shape: Shape, plain: bool) -> float:  # noqa: ARG001 - of one signature
    return shape.pixels * 2.0 + 2 * _stored(shape)  # indices; planes, and these put together


def _decoded_avif(shape: Shape, plain: bool) -> float:  # noqa: ARG001
    if shape.bytes_per_sample == _DEEP:
        return shape.pixels * max(_AVIF_DEEP_DECODED, 4.0 * (_channels(shape) + 1) + 2.0 * _channels(shape))
    return shape.pixels * (4.0 if _channels(shape) == 1 else 2.0 + 3.0 * _channels(shape))


def _decoded_heic(shape: Shape, plain: bool) -> float:
    if shape.bytes_per_sample == _DEEP:
        return _decoded_avif(shape, plain)
    return shape.pixels * (_HEIC_DECODED[0] + _HEIC_DECODED[1] * _channels(shape))


def _decoded_jpeg2000(shape: Shape, plain: bool) -> float:  # noqa: ARG001
    deep = shape.bytes_per_sample == _DEEP
    return shape.pixels * _channels(shape) * (_JPEG2000_DEEP_DECODED if deep else _JPEG2000_DECODED)


def _decoded_pnm(shape: Shape, plain: bool) -> float:
    return (2.0 if plain else 6.0) * _stored(shape)  # of text: numbers of 32 bits


_DECODING: dict[str, Callable[[Shape, bool], float]] = {
    "gif": _decoded_gif,
    "avif": _decoded_avif,
    "heic": _decoded_heic,
    "jpeg2000": _decoded_jpeg2000,
    "pnm": _decoded_pnm,
}


def encoding(target: str, shape: Shape, *, few_colours: bool = False) -> int | None:
    """Beside the picture of this shape; the encoded result is among it."""
    if few_colours and target == "gif":
        return int(shape.pixels * _GIF_INDICES) + _stored(shape)
    measure = _ENCODING.get(target)
    return None if measure is None else int(shape.pixels * measure(shape))


def _encoded_gif(shape: Shape) -> float:
    return _GIF_INDICES if _channels(shape) == 1 else _GIF_INDICES + _GIF_CHOOSING


def _encoded_avif(shape: Shape) -> float:
    deep = shape.bytes_per_sample == _DEEP
    return (_AVIF_16_BITS if deep else _AVIF_8_BITS)[_channels(shape)]


def _encoded_jpeg2000(shape: Shape) -> float:
    deep = shape.bytes_per_sample == _DEEP
    return _channels(shape) * (_JPEG2000_DEEP_ENCODED if deep else _JPEG2000_ENCODED)


def _encoded_pnm(shape: Shape) -> float:
    return shape.channels * shape.bytes_per_sample * (1.0 if shape.channels == 1 else 2.0)


def _encoded_heic(shape: Shape) -> float:
    return _HEIC_ENCODER / shape.pixels + _HEIC_ENCODED[0] + _HEIC_ENCODED[1] * _channels(shape)


_ENCODING: dict[str, Callable[[Shape], float]] = {
    "gif": _encoded_gif,
    "avif": _encoded_avif,
    "heic": _encoded_heic,
    "jpeg2000": _encoded_jpeg2000,
    "pnm": _encoded_pnm,
}
