"""How colours of a video become red, green and blue, and the same way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

Pixels = npt.NDArray[Any]  # height x width x 3, uint8 or uint16

_UNSPECIFIED = 2  # of AVColorSpace, AVColorPrimaries and AVColorTransferCharacteristic (ITU-T H.273)
_BT709, _SMPTE170M, _BT2020_NCL, _BT2020_CL = 1, 6, 9, 10
_LIMITED, _FULL = 1, 2  # AVColorRange
_SD_LINES = 576  # what has more lines and does not say is BT.709, as players take it
_SWS = {_BT709: 1, 4: 4, 5: 5, _SMPTE170M: 5, 7: 7, _BT2020_NCL: 9, _BT2020_CL: 9}  # to swscale's numbers
_DEEP_BITS = 8
# SWS_BICUBIC | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_ACCURATE_RND: without the last one gray gets a
# tint of up to four levels, there and back.
_EXACT = 0x4 | 0x2000 | 0x4000 | 0x40000


@dataclass(frozen=True, slots=True)
class Colours:
    """What a video says of its colours, in FFmpeg's numbers."""

    matrix: int
    range: int
    primaries: int
    transfer: int
    deep: bool  # more than 8 bits per sample

    @staticmethod
    def of(frame: VideoFrame) -> Colours:
        full = frame.color_range == _FULL or frame.format.name.startswith("yuvj") or frame.format.is_rgb
        deep = max(component.bits for component in frame.format.components) > _DEEP_BITS
        return Colours(
            frame.colorspace, _FULL if full else _LIMITED, frame.color_primaries, frame.color_trc, deep
        )

    def to_rgb(self, frame: VideoFrame) -> Pixels:
        """Red, green, blue over their whole range; big-endian where they are deep, as PNM has them."""
        form = "rgb48be" if self.deep else "rgb24"
        rgb = frame.reformat(
            format=form,
            src_colorspace=self._swscale(frame.height),
            src_color_range=self.range,
            dst_color_range=_FULL,
            interpolation=_EXACT,
        )
        return np.asarray(rgb.to_ndarray())

    def from_bgr(self, pixels: Pixels) -> VideoFrame:
        """As H.264 takes it: colour at half the size where sides are even, else at full."""
        height, width = pixels.shape[:2]
        halved = height % 2 == 0 and width % 2 == 0
        form = "yuv420p" if halved else "yuv444p"
        source = VideoFrame.from_ndarray(
            np.ascontiguousarray(pixels), format="bgr24" if pixels.itemsize == 1 else "bgr48le"
        )
        return source.reformat(
            format=f"{form}10le" if self.deep else form,
            dst_colorspace=self._swscale(height),
            src_color_range=_FULL,
            dst_color_range=self.range,
            interpolation=_EXACT,
        )

    def mark(self, stream: VideoStream) -> None:
        """Say the same of the new video."""
        context = stream.codec_context
        context.color_range = self.range
        for name, value in (
            ("colorspace", self.matrix),
            ("color_primaries", self.primaries),
            ("color_trc", self.transfer),
        ):
            if value not in {0, _UNSPECIFIED}:
                setattr(context, name, value)

    def _swscale(self, height: int) -> int:
        matrix = self.matrix
        if matrix not in _SWS:
            matrix = _BT709 if height > _SD_LINES else _SMPTE170M
        return _SWS[matrix]
