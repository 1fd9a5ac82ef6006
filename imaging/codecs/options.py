"""What an encoder is told."""

from __future__ import annotations

from dataclasses import dataclass, field

from imaging.metadata import Metadata

DEFAULT_QUALITY = 90


@dataclass(frozen=True, slots=True)
class EncodeOptions:
    quality: int = DEFAULT_QUALITY  # 1 to 100, for lossy coding
    subsampled: bool = True  # store colour at half the resolution of light, where there is a choice
    lossless: bool = True  # where there is a choice
    progressive: bool = False  # JPEG
    metadata: Metadata = field(default_factory=Metadata)  # for encoders that write the container too
