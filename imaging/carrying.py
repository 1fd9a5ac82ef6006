"""What goes along with the pixels into the result: how its colours are meant, and what else is kept."""

from __future__ import annotations

from imaging import profiles, srgb
from imaging.codecs import exif_copy
from imaging.coded_colours import CodedColours
from imaging.formats import Format
from imaging.metadata import Metadata
from imaging.picture import Picture
from imaging.pipeline import Pipeline
from imaging.several import keeps_all
from imaging.structure import UPRIGHT, Colour, Header
from imaging.turns import composed, swaps_sides


def carried(
    metadata: Metadata,
    header: Header,
    size: tuple[int, int],
    format_: Format,
    pipeline: Pipeline,
    notes: list[str],
    *,
    gray: bool,
) -> Metadata:
    """What goes along into the result, whose size is given in pixels."""
    kept = metadata if pipeline.output.keep_metadata else metadata.impersonal()
    turns = [header.orientation, *(filter_.as_orientation() or UPRIGHT for filter_ in pipeline.filters)]
    kept = kept.turned(swaps_sides(composed(turns)))
    exif = exif_copy.upright(kept.exif, *size) if kept.exif else None
    coded = _coded(metadata, header, format_)
    icc = profiles.fitting(metadata.icc if coded else _profile(metadata), gray=gray and format_.stores_gray)
    if not format_.stores_profile:
        icc = None  # see `profiled`
    elif metadata.icc and icc is None and header.colour is not Colour.CMYK:
        notes.append("the colour profile does not fit the result: it was left out")
    elif metadata.coded and metadata.coded.says_more and icc is None and coded is None:
        notes.append(_not_said(metadata.coded, format_))
    colour = kept.png_colour if format_.name == "png" else ()
    return Metadata(icc, exif, kept.xmp, kept.dots_per_inch, colour, coded)


def _coded(metadata: Metadata, header: Header, format_: Format) -> CodedColours | None:
    """Where they can be stored: in AVIF, of stills."""
    stored = format_.stores_coded_colours and (format_.name != "avif" or not keeps_all(header, format_))
    return metadata.coded if stored else None


def _profile(metadata: Metadata) -> bytes | None:
    return metadata.icc or (metadata.coded.profile if metadata.coded else None)


def _not_said(coded: CodedColours, format_: Format) -> str:
    return f"{format_.title} is not told what the colours are ({coded.title}): they will look pale"


def profiled(
    picture: Picture, metadata: Metadata, header: Header, format_: Format, notes: list[str]
) -> Picture:
    """In sRGB, by the picture's profile, where the format cannot store that; noted where colours change."""
    if format_.stores_profile or header.colour is Colour.CMYK:  # which is sRGB by now
        return picture
    icc = profiles.fitting(_profile(metadata), gray=picture.is_gray)
    if icc is None and metadata.icc is None:
        if metadata.coded and metadata.coded.says_more:
            notes.append(_not_said(metadata.coded, format_))
        return picture
    found = srgb.in_srgb(picture, icc) if icc else None
    if found is None:
        notes.append(f"{format_.title} stores no colour profile: it was left out")
        return picture
    if found is not picture:
        notes.append(f"{format_.title} stores no colour profile: the colours were converted to sRGB")
    return found
