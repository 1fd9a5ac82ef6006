"""A decoded picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

    Pixels: TypeAlias = np.ndarray[Any, np.dtype[Any]]
else:
    Pixels = Any

GRAY_WITH_ALPHA = 2  # channels
_FLAT = 2  # dimensions of a picture of one channel


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels as OpenCV orders them.

    `pixels` is height x width for gray, height x width x channels else: 2 (gray, alpha), 3 (blue, green,
    red) or 4 (blue, green, red, alpha). Samples are uint8 or uint16, over their whole range; colours are
    not multiplied by alpha.
    """

    pixels: Pixels

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def channels(self) -> int:
        return 1 if self.pixels.ndim == _FLAT else int(self.pixels.shape[2])

    @property
    def has_alpha(self) -> bool:
        return self.channels in (GRAY_WITH_ALPHA, 4)

    @property
    def is_gray(self) -> bool:
        return self.channels in (1, GRAY_WITH_ALPHA)

    @property
    def is_deep(self) -> bool:
        """16 bits per sample."""
        return self.pixels.itemsize > 1

    @property
    def colour(self) -> Pixels:
        """Without alpha: height x width, or height x width x 3."""
        if not self.has_alpha:
            return self.pixels
        return self.pixels[:, :, 0] if self.is_gray else self.pixels[:, :, :3]

    @property
    def alpha(self) -> Pixels | None:
        return self.pixels[:, :, -1] if self.has_alpha else None
