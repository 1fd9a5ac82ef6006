"""AVIF: 8 bits by Pillow, in one thread; deeper ones, and lossless ones, by OpenCV.

Pillow has no lossless coding of colours, and no depth. OpenCV always halves the resolution of colours when
it is lossy.
"""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image

from imaging.animation import Clock, Film
from imaging.codecs import opencv, pillow
from imaging.codecs.options import EncodeOptions
from imaging.containers.timeless import timeless
from imaging.frame import Frame
from imaging.lazy import cv2, np
from imaging.picture import Picture, Pixels
from imaging.shaping import in_colour_order
from imaging.structure import Header

_SPEED = 8  # of 0 to 10: a third of the time of 6, and a tenth larger
_FULL_16 = 65535
_MILLISECONDS = 1000
_LOSSLESS = 100
STORED_BITS = 12  # per sample, of pictures of 16


def decode(data: bytes, header: Header, *, luma_only: bool) -> Picture:  # noqa: ARG001 - the protocol
    if not header.is_deep:
        return Picture(pillow.decode(data, header))
    return Picture(_stretched(opencv.decode(data, header.title), header.bit_depth))


def _stretched(pixels: Pixels, bits: int) -> Pixels:
    if pixels.itemsize == 1:
        return pixels
    most = 2**bits - 1
    wide: Pixels = np.minimum(pixels, most).astype(np.uint32)
    wide *= _FULL_16
    wide += most // 2
    wide //= most
    return wide.astype(np.uint16)


def encode(picture: Picture, options: EncodeOptions) -> bytes:
    if picture.is_deep or options.lossless:
        return _by_opencv(in_colour_order(picture), options)
    image = pillow.image_of(in_colour_order(picture))
    return pillow.saved(image, "AVIF", _settings(options, gray=picture.is_gray))


def _by_opencv(picture: Picture, options: EncodeOptions) -> bytes:
    quality = _LOSSLESS if options.lossless else options.quality
    settings = [cv2.IMWRITE_AVIF_QUALITY, quality, cv2.IMWRITE_AVIF_SPEED, _SPEED]
    pixels = picture.pixels
    if picture.is_deep:
        settings += [cv2.IMWRITE_AVIF_DEPTH, STORED_BITS]
        most = 2**STORED_BITS - 1
        wide = pixels.astype(np.uint32)
        wide *= most
        wide += _FULL_16 // 2
        wide //= _FULL_16
        pixels = wide.astype(np.uint16)
    kept = options.metadata
    kinds = (
        (cv2.IMAGE_METADATA_ICCP, kept.icc),
        (cv2.IMAGE_METADATA_EXIF, kept.exif),
        (cv2.IMAGE_METADATA_XMP, kept.xmp),
    )
    given = {kind: np.frombuffer(data, np.uint8) for kind, data in kinds if data}
    return opencv.encode(".avif", pixels, settings, metadata=given)


def _settings(options: EncodeOptions, *, gray: bool) -> dict[str, object]:
    subsampling = "4:2:0" if options.subsampled and options.quality < _LOSSLESS else "4:4:4"
    settings: dict[str, object] = {
        "quality": options.quality,
        "speed": _SPEED,
        "max_threads": 1,
        "subsampling": "4:0:0" if gray else subsampling,
    }
    kept = options.metadata
    metadata = {"icc_profile": kept.icc, "exif": kept.exif, "xmp": kept.xmp}
    return settings | {name: value for name, value in metadata.items() if value is not None}


def frames(data: bytes, header: Header) -> Iterator[Frame]:
    yield from pillow.frames(data, header)


def joined(film: Film, frames_: Iterator[Frame], options: EncodeOptions) -> bytes:
    """An animation; it runs for ever, as Pillow writes it."""
    reel = _Reel(film, frames_)
    settings = _settings(options, gray=reel.gray) | {"save_all": True, "duration": reel.durations}
    return timeless(pillow.saved(reel, "AVIF", settings), "AVIF")


class _Reel(Image.Image):
    """An image of several frames that are made when they are asked for, one after another."""

    is_animated = True

    def __init__(self, film: Film, frames_: Iterator[Frame]) -> None:
        super().__init__()
        self._frames = frames_
        self._mode_of_all = "RGBA" if film.has_alpha else "RGB"
        self._at = -1
        self._clock = Clock(_MILLISECONDS, 2**31 - 1)
        self.durations: list[int] = []
        self.gray = False
        self._advance()

    def _advance(self) -> None:
        frame = next(self._frames, None)
        if frame is None:
            raise EOFError
        self.durations.append(self._clock.ticks(frame.seconds))
        self.gray = frame.picture.is_gray if self._at < 0 else self.gray
        image = pillow.image_of(in_colour_order(frame.picture)).convert(self._mode_of_all)
        self.im, self._mode, self._size = image.im, image.mode, image.size
        self._at += 1

    def tell(self) -> int:
        return max(self._at, 0)

    def seek(self, frame: int) -> None:
        if frame > self._at:
            self._advance()
