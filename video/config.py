"""Settings of the video process."""

from __future__ import annotations

from pydantic import Field

from film.settings import VideoLimitSettings
from imaging.settings import LimitSettings


class VideoSettings(LimitSettings, VideoLimitSettings):
    """Take videos apart, have their frames filtered, and join them again."""

    videos_at_once: int = Field(2, ge=1, le=64, description="videos that are worked on at the same time")
    video_window_frames: int = Field(
        128, ge=2, description="most frames of a video that are on their way at the same time"
    )
    video_window_bytes: int = Field(
        512 * 2**20, ge=1, description="bytes that the frames on their way may take, with their results"
    )
    video_lease_s: float = Field(
        15.0, gt=1, description="seconds until another process takes over the videos of one that died"
    )
    video_poll_s: float = Field(
        2.0, gt=0, description="seconds between looks for videos that no hint told of"
    )
