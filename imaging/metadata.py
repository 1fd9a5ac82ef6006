"""What a file says beside its pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imaging.coded_colours import CodedColours


@dataclass(frozen=True, slots=True)
class Metadata:
    """The parts that DPIP carries over; whatever is not here is dropped."""

    icc: bytes | None = None  # colour profile
    exif: bytes | None = None  # TIFF structure, without the "Exif\0\0" in front of it
    xmp: bytes | None = None
    dots_per_inch: tuple[float, float] | None = None
    png_colour: tuple[tuple[bytes, bytes], ...] = ()  # sRGB, gAMA, cHRM: only PNG has them
    coded: CodedColours | None = None  # where it says more than nothing, and there is no profile

    def impersonal(self) -> Metadata:
        """Without what tells of people and places: no EXIF (GPS, owner, serial numbers), no XMP."""
        return self if self.exif is None and self.xmp is None else replace(self, exif=None, xmp=None)

    def turned(self, sideways: bool) -> Metadata:
        """After a rotation by 90 degrees the two resolutions change places."""
        if not sideways or self.dots_per_inch is None:
            return self
        across, down = self.dots_per_inch
        return replace(self, dots_per_inch=(down, across))
