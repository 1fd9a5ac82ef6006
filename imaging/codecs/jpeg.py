"""JPEG by libjpeg-turbo. Its luma channel is BT.601 luma, so that a gray picture needs no colour decoded."""

from __future__ import annotations

from imaging.codecs import opencv, pillow
from imaging.codecs.options import EncodeOptions
from imaging.lazy import cv2
from imaging.picture import Picture
from imaging.structure import Colour, Header


def decode(data: bytes, header: Header, *, luma_only: bool, smaller: int = 1) -> Picture:
    """`smaller`: decoded at one to 1, 2, 4 or 8, sizes rounded up."""
    if not header.plain:
        return Picture(pillow.decode(data, header))
    gray = luma_only or (smaller > 1 and header.colour is Colour.GRAY)
    return Picture(opencv.decode(data, header.title, luma_only=gray, smaller=smaller))


def encode(picture: Picture, options: EncodeOptions) -> bytes:
    sampling = (
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if options.subsampled else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    )
    parameters = [cv2.IMWRITE_JPEG_QUALITY, options.quality]
    if options.progressive:
        parameters += [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    if not picture.is_gray:
        parameters += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    return opencv.encode(".jpg", picture.pixels, parameters)
