"""Settings of the processes that take videos in: how much of one is accepted."""

from __future__ import annotations

from pydantic import Field

from dpip.settings import Common
from film.limits import VideoLimits

_DEFAULTS = VideoLimits()


class VideoLimitSettings(Common):
    """To be extended by a process's own settings."""

    max_video_bytes: int = Field(_DEFAULTS.max_bytes, ge=1, description="largest video file that is taken")
    max_video_megapixels: float = Field(
        _DEFAULTS.max_megapixels, gt=0, description="largest frame of a video that is taken"
    )
    max_video_frames: int = Field(
        _DEFAULTS.max_frames, ge=1, description="most frames of a video that is taken"
    )
    max_video_seconds: float = Field(
        _DEFAULTS.max_seconds, gt=0, description="seconds that a video may last that is taken"
    )

    @property
    def video_limits(self) -> VideoLimits:
        return VideoLimits(
            max_bytes=self.max_video_bytes,
            max_megapixels=self.max_video_megapixels,
            max_frames=self.max_video_frames,
            max_seconds=self.max_video_seconds,
        )
