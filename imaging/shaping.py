"""Pictures in another shape: turned upright, in 8 bits, without alpha."""

from __future__ import annotations

from collections.abc import Callable

from imaging.lazy import cv2, np
from imaging.picture import GRAY_WITH_ALPHA, Picture, Pixels

_WHITE = 255
_BAND = 128  # rows
_LEFT_RIGHT, _UP_DOWN, _BOTH = 1, 0, -1  # how cv2.flip is told


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Apply an EXIF orientation (1 to 8)."""
    operations: dict[int, Callable[[Pixels], Pixels]] = {
        2: lambda image: cv2.flip(image, _LEFT_RIGHT),
        3: lambda image: cv2.rotate(image, cv2.ROTATE_180),
        4: lambda image: cv2.flip(image, _UP_DOWN),
        5: cv2.transpose,
        6: lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
        7: lambda image: cv2.flip(cv2.transpose(image), _BOTH),
        8: lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
    }
    operation = operations.get(orientation)
    return operation(pixels) if operation else pixels


def joined(colour: Pixels, alpha: Pixels) -> Picture:
    """Colour (gray or three channels) and alpha as one picture."""
    return Picture(cv2.merge((*cv2.split(colour), alpha)))


def in_8_bits(picture: Picture) -> Picture:
    if not picture.is_deep:
        return picture
    return Picture(cv2.convertScaleAbs(picture.pixels, alpha=255 / 65535))


def in_colour_order(picture: Picture) -> Picture:
    """Gray with alpha as four channels, for encoders that know no such pair."""
    if picture.channels != GRAY_WITH_ALPHA:
        return picture
    gray, alpha = cv2.split(picture.pixels)
    return Picture(cv2.merge((gray, gray, gray, alpha)))


def on_white(picture: Picture) -> Picture:
    """Without alpha, laid over white. 8 bits only."""
    if picture.alpha is None:
        return picture
    laid = np.empty(picture.colour.shape, np.uint8)
    for start in range(0, picture.height, _BAND):  # in floating point, which takes room
        band = Picture(picture.pixels[start : start + _BAND])
        cover: Pixels = picture.pixels[start : start + _BAND, :, -1].astype(np.float32) / _WHITE
        if not band.is_gray:
            cover = cv2.merge((cover, cover, cover))
        np.rint(band.colour * cover + _WHITE * (1 - cover), out=cover)
        laid[start : start + _BAND] = cover
    return Picture(laid)
