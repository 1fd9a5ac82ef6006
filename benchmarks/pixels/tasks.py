"""What everyone is asked to do. Loads nothing: memory is measured."""

from __future__ import annotations

SIGMA = 3
QUALITY = 90
PNG_LEVEL = 3  # of zlib, for those that ask for one
SIDES = {"resize to 1600": 1600, "resize to 320": 320}
CONVERT = "to another format"
TASKS = ("grayscale", "blur", *SIDES, CONVERT)
TITLES = {"blur": f"Gaussian blur, sigma {SIGMA}"}
_OTHER = {".jpg": ".webp", ".png": ".webp", ".webp": ".jpg"}


def target_suffix(suffix: str, task: str) -> str:
    """JPEG and PNG become WebP, WebP becomes JPEG."""
    return _OTHER[suffix] if task == CONVERT else suffix


def title(suffix: str, task: str) -> str:
    if task == CONVERT:
        return f"to {target_suffix(suffix, task)[1:].upper().replace('JPG', 'JPEG').replace('WEBP', 'WebP')}"
    return TITLES.get(task, task)
