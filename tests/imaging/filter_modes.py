"""Photographs in every mode that filters see, and the filters of colour, sharpness and structure."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from imaging.filters.base import Filter
from imaging.parsing import parse_pipeline
from imaging.picture import Picture
from imaging.transparency import filtered
from tests.imaging.samples import Array, rgb

DEPTHS: dict[str, type[np.unsignedinteger[Any]]] = {"8": np.uint8, "16": np.uint16}
MODES = tuple(kind + depth for kind in ("gray", "colour", "gray+alpha", "colour+alpha") for depth in DEPTHS)
EXAMPLES = (
    "auto_contrast",
    "auto_contrast:by=channel",
    "bilateral",
    "box_blur",
    "brightness",
    "clahe",
    "contrast",
    "convolution",
    "convolution:matrix=1 2 1;",
    "denoise",
    "duotone",
    "edges",
    "edges:method=sobel",
    "edges:method=laplacian",
    "emboss",
    "equalize",
    "equalize:by=channel",
    "gamma",
    "hue",
    "invert",
    "levels:black=10,white=80,gamma=1.2",
    "median",
    "median:radius=3",
    "morphology",
    "morphology:operation=close,shape=square",
    "motion_blur",
    "posterize",
    "saturation",
    "sepia",
    "threshold:method=fixed",
    "threshold",
    "threshold:method=adaptive",
    "tint",
    "tint:amount=0.5",
    "unsharp_mask",
    "unsharp_mask:threshold=2",
    "white_balance",
    "white_balance:temperature=4000,tint=10",
)
NAMES = sorted({example.partition(":")[0] for example in EXAMPLES})


def made(text: str) -> Filter:
    (filter_,) = parse_pipeline(text).filters
    return filter_


def apply(text: str, pixels: Array) -> Array:
    """A filter on pixels as OpenCV orders them, alpha treated as in the engine."""
    return filtered(made(text), Picture(pixels)).pixels


@functools.lru_cache(maxsize=16)
def photograph(mode: str) -> Array:
    """240 x 320 of a photograph, blue first; with alpha: a window, a veil, and nothing around. Not to be
    written to. 16 bits are the 8 times 257."""
    kind, depth = mode.rstrip("0123456789"), mode.lstrip("abcdefghijklmnopqrstuvwxyz+")
    colour = np.ascontiguousarray(rgb(0.2)[100:340, 60:380, ::-1])
    planes = colour[..., 1] if kind.startswith("gray") else colour
    if kind.endswith("alpha"):
        alpha = np.zeros(planes.shape[:2], np.uint8)
        alpha[40:200, 50:230], alpha[60:220, 230:290] = 255, 90
        planes = np.dstack((planes, alpha))
    pixels = np.ascontiguousarray(planes.astype(DEPTHS[depth]) * (257 if depth == "16" else 1))
    pixels = pixels.astype(DEPTHS[depth])
    pixels.flags.writeable = False
    return pixels
