"""TIFF: gray and RGB of 8 or 16 bits by OpenCV, all others by Pillow; written with LZW."""

from __future__ import annotations

import io

from imaging.codecs import opencv, pillow
from imaging.codecs.options import EncodeOptions
from imaging.containers import tiff, tiff_planes
from imaging.lazy import cv2, np
from imaging.picture import Picture, Pixels
from imaging.shaping import in_colour_order
from imaging.structure import UPRIGHT, Colour, Header

_LZW, _HORIZONTAL = 5, 2


def decode(data: bytes, header: Header, *, luma_only: bool) -> Picture:  # noqa: ARG001 - the protocol
    if header.orientation != UPRIGHT:
        data = tiff.declared_upright(data)
    if header.plain and not header.has_alpha:
        return Picture(opencv.decode(data, header.title))
    if header.is_deep and header.colour is Colour.RGB and tiff.has_channels_apart(data):
        channels = [opencv.decode(plane, header.title) for plane in tiff_planes.planes(data)]
        channels[:3] = channels[2::-1]  # blue first
        pixels = cv2.merge(channels)
    elif header.is_deep and header.has_alpha and header.colour is Colour.RGB:
        pixels = opencv.decode(data, header.title)
    else:
        return Picture(pillow.decode(data, header))
    if header.has_alpha and tiff.alpha_is_associated(io.BytesIO(data), len(data)):
        pixels = _divided_by_alpha(pixels)
    return Picture(pixels)


def _divided_by_alpha(pixels: Pixels) -> Pixels:
    alpha = pixels[:, :, 3:].astype(np.float32)
    colour = pixels[:, :, :3] * (65535.0 / np.maximum(alpha, 1.0))
    return np.dstack((np.rint(np.minimum(colour, 65535.0)).astype(np.uint16), pixels[:, :, 3]))


def encode(picture: Picture, options: EncodeOptions) -> bytes:  # noqa: ARG001 - there is no choice
    parameters = [cv2.IMWRITE_TIFF_COMPRESSION, _LZW, cv2.IMWRITE_TIFF_PREDICTOR, _HORIZONTAL]
    encoded = opencv.encode(".tif", in_colour_order(picture).pixels, parameters)
    return tiff.with_alpha_declared(encoded) if picture.has_alpha else encoded
