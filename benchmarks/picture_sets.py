"""The sets of pictures that every contestant gets: made once, kept as files in `benchmarks/out/pictures`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import corpus
from benchmarks.corpus import Picture

FOLDER = Path(__file__).resolve().parent / "out" / "pictures"
_SMALL = (640, 480)
_SCENES = 40  # small pictures are cut from so many photographs
_SCENE_MEGAPIXELS = 2.0
_WHOLE = ".whole"  # marks a set whose making was not cut off


@dataclass(frozen=True, slots=True)
class PictureSet:
    """Files in the order of their names. `megapixels` is that of all together."""

    name: str
    title: str
    files: tuple[Path, ...]
    megapixels: float

    def __len__(self) -> int:
        return len(self.files)


@dataclass(frozen=True, slots=True)
class _Recipe:
    title: str
    make: Callable[[int], Iterable[Picture]]


def small(count: int, seed: int = 1) -> Iterator[Picture]:
    """JPEGs of 640 x 480, each cut elsewhere: no two are the same."""
    width, height = _SMALL
    scenes = [corpus.photograph(number, _SCENE_MEGAPIXELS, seed=seed) for number in range(_SCENES)]
    random = np.random.default_rng(seed)
    for number in range(count):
        scene = scenes[number % _SCENES]
        top = int(random.integers(0, scene.shape[0] - height + 1))
        left = int(random.integers(0, scene.shape[1] - width + 1))
        cut = np.ascontiguousarray(scene[top : top + height, left : left + width])
        yield Picture(f"small-{number:05d}.jpg", "jpeg", width, height, corpus.encode(cut, "jpeg"))


def large(count: int) -> Iterator[Picture]:
    return corpus.photographs(count, smallest=24.0)


_RECIPES = {
    "large": _Recipe("JPEG photographs, 24 MP", large),
    "photographs": _Recipe("JPEG photographs, 3-24 MP", corpus.photographs),
    "frames": _Recipe("PNG frames, 1280 x 720", corpus.frames),
    "small": _Recipe("JPEGs, 640 x 480", small),
}


def picture_set(kind: str, count: int, folder: Path = FOLDER) -> PictureSet:
    """`count` pictures of a kind: "photographs", "frames", "small" or "large". Raises KeyError for others."""
    recipe = _RECIPES[kind]
    place = folder / f"{kind}-{count}"
    if not (place / _WHOLE).exists():
        place.mkdir(parents=True, exist_ok=True)
        megapixels = 0.0
        for picture in recipe.make(count):
            (place / picture.name).write_bytes(picture.data)
            megapixels += picture.megapixels
        (place / _WHOLE).write_text(str(megapixels))
    return _opened(kind, place, f"{count:,} {recipe.title}")


@functools.cache
def _opened(kind: str, place: Path, title: str) -> PictureSet:
    files = tuple(sorted(file for file in place.iterdir() if file.name != _WHOLE))
    return PictureSet(f"{kind}-{len(files)}", title, files, float((place / _WHOLE).read_text()))
