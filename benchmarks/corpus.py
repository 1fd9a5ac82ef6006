"""Real pictures in any number and size, made on the spot: photographs and the frames of a video.

The photographs that scikit-image and scikit-learn ship in their wheels (and those of Debian's wallpaper
packages, where installed) are cropped, mirrored, enlarged, exposed and, for large sizes, put together by a
seeded generator. Enlarging makes a picture smoother than a camera's; some sensor noise on top gives it about
a camera's file size.
The same arguments always give the same bytes. Nothing is downloaded.
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]  # height x width x 3, blue green red

_SKIMAGE = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "motorcycle_left.png",
    "motorcycle_right.png",
    "retina.jpg",
    "rocket.jpg",
)
_SKLEARN = ("china.jpg", "flower.jpg")
_WALLPAPERS = (Path("/usr/share/wallpapers"), Path("/usr/share/backgrounds"))
_NOISE = 5.0  # standard deviation of the sensor noise, of 255
_NOISE_TILE = 512  # pixels; the noise repeats, which no codec notices
_TILE_MEGAPIXELS = 2.0  # a larger picture is a mosaic of such tiles: the sources are not larger
ASPECT = 3 / 2  # of a camera's picture
_ENCODERS: dict[str, tuple[str, list[int]]] = {
    "jpeg": (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 90]),
    "png": (".png", [cv2.IMWRITE_PNG_COMPRESSION, 3]),
    "webp": (".webp", [cv2.IMWRITE_WEBP_QUALITY, 90]),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture. `name` is a file name that sorts in the order of making."""

    name: str
    format: str  # "jpeg", "png" or "webp"
    width: int
    height: int
    data: bytes

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6


@functools.lru_cache(maxsize=1)
def sources() -> tuple[Pixels, ...]:
    """The photographs that everything is made from; 0.2 to some megapixels each."""
    found = [_read(str(path)) for path in _paths()]
    return tuple(picture for picture in found if picture is not None)


def photograph(number: int, megapixels: float, *, seed: int = 1) -> Pixels:
    """The `number`-th photograph, about `megapixels` large, three by two, upright for every fifth."""
    random = np.random.default_rng((seed, number))
    width = round((megapixels * 1e6 * ASPECT) ** 0.5)
    height = round(megapixels * 1e6 / width)
    if number % 5 == 4:
        width, height = height, width
    across = max(round((megapixels / _TILE_MEGAPIXELS) ** 0.5), 1)
    columns = np.linspace(0, width, across + 1).astype(int)
    rows = np.linspace(0, height, across + 1).astype(int)
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    for (top, bottom), (left, right) in itertools.product(
        itertools.pairwise(rows), itertools.pairwise(columns)
    ):
        source = sources()[random.integers(len(sources()))]
        pixels[top:bottom, left:right] = _fill(source, right - left, bottom - top, random)
    return _expose(pixels, random)


def encode(pixels: Pixels, form: str) -> bytes:
    """Bytes as "jpeg" (quality 90), "png" (level 3) or "webp" (quality 90). Raises KeyError for others."""
    extension, parameters = _ENCODERS[form]
    done, data = cv2.imencode(extension, pixels, parameters)
    if not done:
        raise ValueError(f"OpenCV cannot encode {pixels.shape} as {form}")
    return bytes(data)


def photographs(
    count: int, *, smallest: float = 3.0, largest: float = 24.0, form: str = "jpeg", seed: int = 1
) -> Iterator[Picture]:
    """Photographs from `smallest` to `largest` megapixels, evenly spread and shuffled."""
    sizes = np.linspace(smallest, largest, count) if count > 1 else np.array([smallest])
    np.random.default_rng(seed).shuffle(sizes)
    for number, size in enumerate(sizes):
        pixels = photograph(number, float(size), seed=seed)
        yield _picture(f"photograph-{number:05d}", pixels, form)


def frames(
    count: int, *, width: int = 1280, height: int = 720, form: str = "png", seed: int = 1
) -> Iterator[Picture]:
    """A pan and zoom over one photograph. Every frame carries its number: see `frame_number`."""
    for number, pixels in enumerate(frame_pixels(count, width=width, height=height, seed=seed)):
        yield _picture(f"frame-{number:05d}", pixels, form)


def frame_pixels(count: int, *, width: int = 1280, height: int = 720, seed: int = 1) -> Iterator[Pixels]:
    """The frames of `frames` before encoding."""
    scene = photograph(0, 2.56 * width * height / 1e6, seed=seed)
    scene_height, scene_width = scene.shape[:2]
    for number in range(count):
        along = number / max(count - 1, 1)
        zoom = min(scene_width / width, scene_height / height) * (0.95 - 0.35 * along)
        view_width, view_height = int(width * zoom), int(height * zoom)
        left = int((scene_width - view_width) * along)
        top = int((scene_height - view_height) * (0.5 + 0.5 * np.sin(2 * np.pi * along)))
        view = scene[top : top + view_height, left : left + view_width]
        frame = np.asarray(cv2.resize(view, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        _stamp(frame, number)
        yield frame


_BITS = 12  # frames are told apart up to 4096


def frame_number(pixels: npt.NDArray[np.uint8]) -> int:
    """The number that `frames` stamped into a frame: twelve black or white squares along the upper edge.

    It survives grayscale, a blur of some pixels and lossy compression. Takes colour or gray pixels.
    """
    gray = pixels if pixels.ndim == 2 else pixels[..., :3].mean(axis=2)
    side = _side(gray.shape[1])
    middle = side // 2
    return sum(
        1 << bit
        for bit in range(_BITS)
        if gray[middle, bit * side + middle] > 127  # white is 1
    )


def _side(width: int) -> int:
    return max(width // 40, 8)


def _stamp(frame: Pixels, number: int) -> None:
    side = _side(frame.shape[1])
    for bit in range(_BITS):
        frame[:side, bit * side : (bit + 1) * side] = 255 if number >> bit & 1 else 0


def _picture(stem: str, pixels: Pixels, form: str) -> Picture:
    height, width = pixels.shape[:2]
    return Picture(stem + _ENCODERS[form][0], form, width, height, encode(pixels, form))


def _paths() -> Iterator[Path]:
    """Where the source pictures lie; the packages are found without importing them (that takes seconds)."""
    for package, folder, names in (
        ("skimage", "data", _SKIMAGE),
        ("sklearn", "datasets/images", _SKLEARN),
    ):
        yield from (path for name in names if (path := _package(package) / folder / name).is_file())
    wallpapers = itertools.chain.from_iterable(sorted(folder.rglob("*.jpg")) for folder in _WALLPAPERS)
    yield from itertools.islice(wallpapers, 8)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            f"the package {name} is not installed; its pictures are needed: make setup-dev"
        )
    return Path(spec.submodule_search_locations[0])


def _read(path: str) -> Pixels | None:
    pixels: Any = cv2.imread(path, cv2.IMREAD_COLOR)
    return None if pixels is None else np.asarray(pixels, dtype=np.uint8)


def _fill(source: Pixels, width: int, height: int, random: np.random.Generator) -> Pixels:
    """A crop of the source with the wanted aspect, turned or mirrored by chance, at the wanted size."""
    if random.random() < 0.5:
        source = np.flip(source, axis=1)
    rows, columns = source.shape[:2]
    scale = min(rows / height, columns / width) * random.uniform(0.8, 1.0)
    crop_width, crop_height = max(int(width * scale), 1), max(int(height * scale), 1)
    left = int(random.integers(0, columns - crop_width + 1))
    top = int(random.integers(0, rows - crop_height + 1))
    crop = np.ascontiguousarray(source[top : top + crop_height, left : left + crop_width])
    return np.asarray(cv2.resize(crop, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _expose(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Another exposure, and a sensor's noise."""
    height, width = pixels.shape[:2]
    tile = random.normal(0.0, _NOISE, (_NOISE_TILE, _NOISE_TILE, 3)).astype(np.int8)
    noise = np.tile(tile, (-(-height // _NOISE_TILE), -(-width // _NOISE_TILE), 1))[:height, :width]
    lit = cv2.convertScaleAbs(pixels, alpha=random.uniform(0.8, 1.15))
    return np.asarray(cv2.add(lit, np.ascontiguousarray(noise), dtype=cv2.CV_8U), dtype=np.uint8)
