"""The filters, one per file, and the table of them."""

from __future__ import annotations

from types import MappingProxyType

from imaging.filters.auto_contrast import AutoContrast
from imaging.filters.base import Filter
from imaging.filters.bilateral import Bilateral
from imaging.filters.blur import Blur
from imaging.filters.border import Border
from imaging.filters.box_blur import BoxBlur
from imaging.filters.brightness import Brightness
from imaging.filters.canvas import Canvas
from imaging.filters.clahe import Clahe
from imaging.filters.contrast import Contrast
from imaging.filters.convolution import Convolution
from imaging.filters.crop import Crop
from imaging.filters.denoise import Denoise
from imaging.filters.duotone import Duotone
from imaging.filters.edges import Edges
from imaging.filters.emboss import Emboss
from imaging.filters.equalize import Equalize
from imaging.filters.flip import Flip
from imaging.filters.gamma import Gamma
from imaging.filters.grayscale import Grayscale
from imaging.filters.hue import Hue
from imaging.filters.invert import Invert
from imaging.filters.levels import Levels
from imaging.filters.median import Median
from imaging.filters.morphology import Morphology
from imaging.filters.motion_blur import MotionBlur
from imaging.filters.pad import Pad
from imaging.filters.posterize import Posterize
from imaging.filters.redact import Redact
from imaging.filters.resize import Resize
from imaging.filters.rotate import Rotate
from imaging.filters.saturation import Saturation
from imaging.filters.sepia import Sepia
from imaging.filters.threshold import Threshold
from imaging.filters.thumbnail import Thumbnail
from imaging.filters.tint import Tint
from imaging.filters.trim import Trim
from imaging.filters.unsharp_mask import UnsharpMask
from imaging.filters.vignette import Vignette
from imaging.filters.watermark import Watermark
from imaging.filters.watermark_picture import WatermarkPicture
from imaging.filters.white_balance import WhiteBalance

_ALL: tuple[type[Filter], ...] = (
    AutoContrast,
    Bilateral,
    Blur,
    BoxBlur,
    Brightness,
    Clahe,
    Contrast,
    Convolution,
    Denoise,
    Duotone,
    Edges,
    Emboss,
    Equalize,
    Gamma,
    Grayscale,
    Hue,
    Invert,
    Levels,
    Median,
    Morphology,
    MotionBlur,
    Posterize,
    Resize,
    Saturation,
    Sepia,
    Threshold,
    Tint,
    UnsharpMask,
    WhiteBalance,
    Flip,
    Rotate,
    Crop,
    Thumbnail,
    Trim,
    Pad,
    Canvas,
    Watermark,
    WatermarkPicture,
    Redact,
    Border,
    Vignette,
)

FILTERS = MappingProxyType({filter_.name: filter_ for filter_ in _ALL})
