"""What a filter is."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar

from imaging.shape import Shape
from imaging.step import Step

if TYPE_CHECKING:
    from imaging.picture import Pixels


class Alpha(Enum):
    """What a filter wants done with transparency before it sees the pixels."""

    APART = auto()  # it works on colours point by point; alpha goes by unchanged
    WITHIN = (
        auto()
    )  # it is given alpha as the last channel, colours not weighted by it, and sees to it itself
    EXTENDED = auto()  # it looks at other pixels, and alpha goes by unchanged: where nothing is seen, it
    # is given colours that go on from what is seen near
    PREMULTIPLIED = auto()  # it mixes neighbours: colours are weighted by alpha, and alpha is filtered too


@dataclass(frozen=True, slots=True)
class Traits:
    """What a filter can take and what may be done around it. The engine acts on these.

    A filter with `Alpha.PREMULTIPLIED` must treat channels alike and take float32 too.
    """

    alpha: Alpha
    takes_16_bit: bool = True  # else the picture is reduced to 8 bits per sample before
    channelwise: bool = False  # each channel's result depends on that channel alone
    linear: bool = False  # of sums of pictures: the sum of results
    keeps_alike: bool = False  # pixels of one colour stay alike: there are no more colours than before
    luma_only: bool = False  # of a picture in colour it needs no more than the BT.601 luma


class Filter(Step):
    """A step that changes pixels."""

    traits: ClassVar[Traits]

    @property
    def takes_16_bit(self) -> bool:
        """With these parameters."""
        return self.traits.takes_16_bit

    @abstractmethod
    def apply(self, pixels: Pixels) -> Pixels:
        """New pixels of the same type; the given ones stay as they are.

        Height x width (gray) or height x width x 3 (blue, green, red), without alpha unless it is
        premultiplied or within (then it is the last channel of 2 or 4). The result may have another size
        and, where alpha is within, alpha that was not there before.
        """

    def shape_after(self, shape: Shape) -> Shape:
        """What comes out. A filter that changes the size says so here, before any work is done: at most
        this size, where it depends on what is in the picture. Raises `Unprocessable` for a picture that
        the filter cannot be used on."""
        return shape

    def leaves_alone(self, shape: Shape) -> bool:  # noqa: ARG002 - for those that override it
        """Whether, with these parameters, a picture of this shape comes out as it went in. Where all filters
        leave it alone, its file is not encoded again."""
        return False

    def scratch_bytes(self, shape: Shape) -> int:  # noqa: ARG002 - for those that override it
        """Memory beside input and output while it runs."""
        return 0

    def as_orientation(self) -> int | None:
        """For a filter that only turns or mirrors the picture by right angles: the EXIF orientation that
        asks for the same. None for all others."""
        return None
