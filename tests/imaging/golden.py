"""Hashes of results: the same pipeline gives the same bytes. `python -m tests.imaging.golden` renews them.

To be renewed when a filter is meant to give other results, or a codec's library was replaced; and looked
at: only what was meant to change may have changed.
"""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from unittest import mock

import numpy as np

from imaging import FORMATS, Limits, Pipeline, configure_process, parse_pipeline, run, turbo, turbo_library
from imaging.filters import FILTERS
from tests.imaging.samples import Array, rgb, saved

FILE = Path(__file__).with_name("golden.json")
ORIGINALS = ("jpeg", "png", "alpha.png", "gray.tiff")
BY_TURBO = "jpeg, by libjpeg-turbo"
TARGETS = ("webp", "png", "tiff", "bmp", "gif")


@functools.cache
def original(kind: str) -> bytes:
    """A cut of a photograph, 150 x 100."""
    pixels: Array = np.ascontiguousarray(rgb()[120:220, 180:330])
    if kind == "alpha.png":
        pixels = np.dstack((pixels, pixels[::-1, :, 1]))
    if kind == "gray.tiff":
        pixels = np.ascontiguousarray(pixels[..., 1])
    return saved(pixels, kind.rpartition(".")[2])


def pipelines() -> dict[str, str]:
    """By the name that they have in the file."""
    named = {name: f"{name}:{step.example}" if step.example else name for name, step in FILTERS.items()}
    named |= {f"convert to {target}": f"convert:format={target}" for target in TARGETS if target in FORMATS}
    return named


def found(name: str) -> dict[str, str]:
    """Of each original: the hash of the result, by libraries of the lock file alone.

    One of them, libjpeg-turbo with all of its interface, is not there on every kind of machine: JPEGs that
    are filtered by it have a hash of their own.
    """
    pipeline = parse_pipeline(pipelines()[name])
    with mock.patch.object(turbo, "_library", return_value=None):
        hashes = {kind: _hash(original(kind), pipeline) for kind in ORIGINALS}
    with mock.patch.object(turbo_library, "_allow_the_systems", new=False):
        if turbo.available():
            hashes[BY_TURBO] = _hash(original("jpeg"), pipeline)
    return hashes


def _hash(data: bytes, pipeline: Pipeline) -> str:
    return hashlib.sha256(run(data, pipeline, Limits()).data).hexdigest()


def main() -> None:
    configure_process()
    FILE.write_text(json.dumps({name: found(name) for name in sorted(pipelines())}, indent=1) + "\n")


if __name__ == "__main__":
    main()
