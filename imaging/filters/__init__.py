"""The filters, one per file, and the table of them."""

from __future__ import annotations

from types import MappingProxyType

from imaging.filters.base import Filter
from imaging.filters.blur import Blur
from imaging.filters.grayscale import Grayscale
from imaging.filters.resize import Resize

_ALL: tuple[type[Filter], ...] = (
    Blur,
    Grayscale,
    Resize,
)

FILTERS = MappingProxyType({filter_.name: filter_ for filter_ in _ALL})
