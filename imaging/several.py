"""Whether all pictures of a file go into a result."""

from __future__ import annotations

from imaging.formats import FORMATS, Format, Several
from imaging.structure import Header


def keeps_all(header: Header, target: Format) -> bool:
    """Pages stay pages, frames stay frames or become pages; else the result is the first picture."""
    if header.frames == 1:
        return False
    several = FORMATS[header.format].several
    return target.several is several or (several is Several.FRAMES and target.several is Several.PAGES)
