"""A small picture over the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imaging import marks
from imaging.embedded import EmbeddedPicture, decoded
from imaging.filters.marking import Marking
from imaging.geometry import Length, Size, scaled
from imaging.geometry import pixels as in_pixels
from imaging.resampling import resized

if TYPE_CHECKING:
    from imaging.marks import Mark

_SAMPLE = (  # a disk with a triangle in it
    "UklGRlQEAABXRUJQVlA4WAoAAAAQAAAALwAALwAAQUxQSAQBAAARf6CgbRs2VALdvxERMC+KM97dNR1wa9tWreyPu5N56JAS"
    "eRNEvE7Q/P0CsAr4hC65vZjI4+9uz8/ZSAER/Z8A/Mb+fkrfwWM8frvZoFp5tQPPWhQrFTvUahFNlG2h1Sj5tsXbAsNWtofl"
    "NSchhq1uD8rqzIC+us5u8p3axFFflmH6KoxEBFixqW3AKacb+OAsA1mOCRQ590CFk4igSmroq3Pspv8DNVIDKpxEBCWOBeQ4"
    "J8AnZws454wBBqcdQI3SACDPOAGAB8a8b5HR6kNBF0NgVDcShJLGioRENSMIL8piEcFKTZJohXS3LpiCfLcW9LYE7eJF3LYT"
    "h8MgTm5sDOAXAlZQOCAqAwAAUBIAnQEqMAAwAD5FHIlEIqGhHG7cACgERLYATpmHG7fQ/xN5XjbzvZk1/Nn+F+6PtAeIZ/jO"
    "oB5gP1S/YDsO/7D1AP7p/QPSA9iv0APK1/Zn4Hf23/Zj4AP1b/9d5u/hZE6slzKVVQ5x/feLL6Y9gP9Xd9A/ZUnK5jDeHGV3"
    "sx5EYFqImfHC1waAG80kSCrbe0o56lp4KbC64gAA/v5g++XXu/5sFbT3UfsLoKysp74rogqmyM0q2emAQy8bOQlKt02iXVFz"
    "bRa4OWMXAVW9zYOp+/+wEKx3erEGekAEZboQPgubz9lkYHTXO9v9dyKP8lScoL4F081b/+4qC67T5rYbxkxf26P73/nzFmNf"
    "yK/W9/04BQCer5VJWXP/NCgtGFWS3HusX1feo2YErtcVrXYMxGmu8bnpvH4Y1N816t6nPOEX4UvjjdbbHuAHqowNY5pVK6Z6"
    "eao93OlBdAGm5kZdjpygZjTEgTT/xKtaD6u2sRyH1bHT/2E6KmdJYh7Hfl5FI9ZK0sy9x7NdD4OJuCy9HYe54nv/Tu9Tgaxd"
    "4EMmwUVq721uQYy8GuRRYRwHUAcSL/GGzl40w2eBZFc7HpZrvdJM1vJYSmWfiG3yK40kWYhGALku6gl/MfmOyzEG+RgWj/CF"
    "jz33RFtvxA7CNzZzPh04cfbnYz3qNvIbdxbaReA4OUGz6iD1hLxKYPlB8sx77wqVFZsUp7b1fXOxE+wvDdnBrjDmB9v5Kc0B"
    "T4yp4tv5C07eLmjHNYchzW2BkpVXHurpizRgS0rmDQjqo5ct4FXPDPr9BSfTM75335jGt+U9yu0vk76R91V5YGnACzQ0qNnr"
    "m6llvF8Nk7XnyzogyQl4AHWEg/nEgZ4X1THY4selx6X8ZTPAWtBaocGdeitaCx120FaCbOEQvK9qo//G3LoovFILtE34bLam"
    "sas51fpMh+3JD+d36bGE6qsGuoHRFUaCO8Q6gRnxoVKwfg5cZQnSHc6K/vT91xcJehgXX00fqVKgUmKWMWTM6HKNBPDiN/k1"
    "CQM2G4mK+irF7Ra9C5WZ2gsex4KZmrqnR0TTyDr5YxTIQAAA"
)


class WatermarkPicture(Marking):
    """Porter and Duff's over: each level becomes c a + p (1 - a), with c the mark's colour, p the picture's,
    and a the mark's alpha times opacity. The mark is part of the pipeline: base64 of a PNG, JPEG or WebP
    file of at most 16 KiB.
    """

    name: ClassVar[str] = "watermark_picture"
    summary: ClassVar[str] = "a small picture laid over the picture, once or all over"
    example: ClassVar[str] = f"image={_SAMPLE},size=25%,opacity=0.9"

    image: EmbeddedPicture = Field(description="base64 of a PNG, JPEG or WebP file of at most 16 KiB")
    size: Length = Field("20%", description="width of the mark; of the picture's width")

    def mark(self, room: Size) -> Mark:
        pixels = decoded(self.image)
        return marks.of_picture(resized(pixels, self._size(room, Size(pixels.shape[1], pixels.shape[0]))))

    def mark_pixels(self, room: Size) -> int:
        width = max(1, in_pixels(self.size, room.width))
        return min(width, room.width) * min(2 * width, room.height)

    def _size(self, room: Size, before: Size) -> Size:
        factor = max(1, in_pixels(self.size, room.width)) / before.width
        return scaled(before, min(factor, room.width / before.width, room.height / before.height))
