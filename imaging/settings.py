"""Settings of the processes that take pictures in: how much of one is accepted."""

from __future__ import annotations

from pydantic import Field

from dpip.settings import Common
from imaging.codec_set import Codecs
from imaging.limits import MEBIBYTE, Limits

_DEFAULTS = Limits()


class LimitSettings(Common):
    """To be extended by a process's own settings."""

    max_upload_bytes: int = Field(256 * MEBIBYTE, ge=1, description="largest image file that is taken")
    max_megapixels: float = Field(
        _DEFAULTS.max_megapixels, gt=0, description="largest picture that is taken, or frame, or page"
    )
    max_frames: int = Field(
        _DEFAULTS.max_frames, ge=1, description="most frames of an animation, or pages, that are taken"
    )
    max_total_megapixels: float = Field(
        _DEFAULTS.max_total_megapixels, gt=0, description="megapixels of all frames or pages together"
    )
    max_output_megapixels: float = Field(
        _DEFAULTS.max_output_megapixels, gt=0, description="largest picture that a pipeline may make"
    )
    max_steps: int = Field(_DEFAULTS.max_steps, ge=1, description="most steps of a pipeline, for one output")
    max_total_steps: int = Field(
        _DEFAULTS.max_total_steps, ge=1, description="most steps of a pipeline with all its outputs"
    )
    codecs: Codecs = Field(
        "fastest",
        description="where the release brings no libjpeg-turbo: fastest: with the system's, if there is one; "
        "locked: without, so that all workers make the same bytes",
    )
    max_seconds: float = Field(
        _DEFAULTS.max_seconds, gt=0, description="seconds that the filtering of one image file may take"
    )

    @property
    def limits(self) -> Limits:
        return Limits(
            max_bytes=self.max_upload_bytes,
            max_megapixels=self.max_megapixels,
            max_frames=self.max_frames,
            max_total_megapixels=self.max_total_megapixels,
            max_output_megapixels=self.max_output_megapixels,
            max_steps=self.max_steps,
            max_total_steps=self.max_total_steps,
            max_seconds=self.max_seconds,
        )
