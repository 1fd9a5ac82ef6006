"""How the result is written: the last step of a pipeline, if there is one."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from imaging.formats import canonical_name
from imaging.step import Step


class Convert(Step):
    """Not a filter: it changes how the picture is stored, not what it shows."""

    name: ClassVar[str] = "convert"
    summary: ClassVar[str] = "how the result is stored; only as the last step"

    format: Literal["same", "jpeg", "png", "webp", "bmp", "tiff"] = Field(
        "same", description="file format of the result; same: the original's"
    )
    quality: int | None = Field(
        None,
        ge=1,
        le=100,
        description="of lossy formats (JPEG, WebP), which then are lossy; others ignore it. Not said: 90",
    )
    keep_metadata: bool = Field(False, description="keep EXIF and XMP: GPS position, owner, camera, dates")

    @field_validator("format", mode="before")
    @classmethod
    def _known_by_other_names(cls, value: object) -> object:
        return (canonical_name(value) or value.strip().lower()) if isinstance(value, str) else value
