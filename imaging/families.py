"""What kind of thing each filter does: the order in which people are shown them."""

from __future__ import annotations

FAMILIES = {
    "Colour": (
        *("grayscale", "sepia", "invert", "brightness", "contrast", "saturation", "hue", "gamma", "levels"),
        *("auto_contrast", "white_balance", "tint", "duotone", "posterize", "threshold", "equalize", "clahe"),
    ),
    "Blur and sharpen": (
        *("blur", "box_blur", "median", "bilateral", "motion_blur", "unsharp_mask", "denoise"),
    ),
    "Structure": ("edges", "emboss", "morphology", "convolution"),
    "Shape": ("resize", "thumbnail", "crop", "trim", "rotate", "flip", "pad", "canvas"),
    "Compose": ("watermark", "watermark_picture", "redact", "border", "vignette"),
    "Output": ("convert",),
}
FROM_PACKAGES = "From packages"
_OF = {name: family for family, names in FAMILIES.items() for name in names}
_PLACES = {name: place for place, name in enumerate(_OF)}


def family_of(name: str) -> str:
    """Of one of our own filters; plug-ins are a family by themselves."""
    return _OF.get(name, FROM_PACKAGES)


def place_of(name: str) -> int:
    """Where people are shown it among all filters; plug-ins come last."""
    return _PLACES.get(name, len(_PLACES))
