"""How the result is written: the last step of a pipeline, if there is one."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from imaging.formats import canonical_name
from imaging.step import Step

_ALWAYS_LOSSY = frozenset({"jpeg", "heic"})


class Convert(Step):
    """Not a filter: it changes how the picture is stored, not what it shows."""

    name: ClassVar[str] = "convert"
    summary: ClassVar[str] = "how the result is stored; only as the last step"
    example: ClassVar[str] = "format=webp,quality=80"

    format: Literal[
        "same", "jpeg", "png", "webp", "gif", "avif", "bmp", "tiff", "jpeg2000", "pnm", "heic"
    ] = Field("same", description="file format of the result; same: the original's")
    quality: int | None = Field(
        None,
        ge=1,
        le=100,
        description="of lossy formats (JPEG, WebP), which then are lossy; others ignore it. Not said: 90",
    )
    lossless: bool | None = Field(
        None,
        description="of formats that can be either (WebP, AVIF, JPEG 2000); others ignore it. Not said: a "
        "lossless original stays so, unless another format or a quality is asked for",
    )
    progressive: bool | None = Field(
        None,
        description="JPEG: seen coarsely at once, then finer, as it is loaded; a little smaller. Not said: "
        "as a JPEG's original was",
    )
    keep_metadata: bool = Field(False, description="keep EXIF and XMP: GPS position, owner, camera, dates")

    def is_unsaid(self, *, but_for: Collection[str]) -> bool:
        """Whether nothing is asked for, those fields aside."""
        fields = type(self).model_fields.items()
        return all(name in but_for or getattr(self, name) == field.default for name, field in fields)

    @model_validator(mode="after")
    def _no_contradiction(self) -> Self:
        if self.lossless and self.quality is not None:
            raise ValueError("say quality or lossless, not both")
        if self.lossless and self.format in _ALWAYS_LOSSY:
            raise ValueError(f"{self.format} is always lossy; choose another format, or a quality")
        return self

    @field_validator("format", mode="before")
    @classmethod
    def _known_by_other_names(cls, value: object) -> object:
        return (canonical_name(value) or value.strip().lower()) if isinstance(value, str) else value
