"""Is a filtered frame right? Computed anew with NumPy and SciPy, and compared pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage  # type: ignore[import-untyped]

DEFAULT_SIGMA = 3.0
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
_TOLERANCE = {"grayscale": 1, "blur": 2}  # levels of 255: roundings differ between implementations


def expected(original: npt.NDArray[np.uint8], filter_name: str) -> npt.NDArray[np.float64]:
    """What the filter should make of red, green, blue."""
    exact = original.astype(np.float64)
    if filter_name == "grayscale":
        return np.asarray(exact @ np.array(_LUMA))
    blurred = [
        ndimage.gaussian_filter(exact[..., channel], DEFAULT_SIGMA, mode="mirror") for channel in range(3)
    ]
    return np.stack(blurred, axis=-1)


def mistake(original: Path, filtered: Path, filter_name: str) -> str | None:
    """What is wrong with the filtered frame; None when it is right."""
    try:
        with Image.open(original) as before, Image.open(filtered) as after:
            if after.format != before.format:
                return f"is {after.format}, not {before.format}"
            if after.size != before.size:
                return f"is {after.size}, not {before.size}"
            mode = "L" if filter_name == "grayscale" else "RGB"
            if after.mode != mode:
                return f"is {after.mode}, not {mode}"
            wanted = expected(np.asarray(before.convert("RGB")), filter_name)
            got = np.asarray(after, dtype=np.float64)
    except OSError as error:
        return f"cannot be read: {error}"
    worst = float(np.abs(wanted - got).max())
    return f"differs by {worst:.0f} of 255" if worst > _TOLERANCE[filter_name] else None
