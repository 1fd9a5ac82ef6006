"""Colours told by code points (ITU-T H.273) instead of a profile: `nclx` of AVIF and HEIC, `cICP` of PNG."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

from imaging.profiles import display_profile

_AS_SRGB = frozenset({1, 2, 6, 13, 14, 15})  # transfers that screens show by the tone of sRGB; 2: not said
_SRGB_PRIMARIES = frozenset({1, 2})
_HIGH_DYNAMIC_RANGE = MappingProxyType({16: "PQ", 18: "HLG"})
# red, green and blue in XYZ, as adapted to D50
_PRIMARIES = MappingProxyType(
    {
        9: ((0.67346, 0.27904, -0.00193), (0.16566, 0.67534, 0.02998), (0.12505, 0.04561, 0.79686)),
        12: ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407)),
    }
)
_NAMES = MappingProxyType({9: "BT.2020", 12: "Display P3"})


class CodedColours(NamedTuple):
    """Two code points of H.273."""

    primaries: int
    transfer: int

    @property
    def says_more(self) -> bool:
        """Than what is assumed of a picture that says nothing: sRGB."""
        return not (self.primaries in _SRGB_PRIMARIES and self.transfer in _AS_SRGB)

    @property
    def title(self) -> str:
        """For people."""
        primaries = _NAMES.get(self.primaries, f"primaries {self.primaries}")
        return f"{primaries}, {_HIGH_DYNAMIC_RANGE.get(self.transfer, f'transfer {self.transfer}')}"

    @property
    def profile(self) -> bytes | None:
        """An ICC profile that says the same; None where none can: high dynamic range, and rare codes."""
        columns = _PRIMARIES.get(self.primaries)
        if columns is None or self.transfer not in _AS_SRGB:
            return None
        return display_profile(_NAMES[self.primaries], columns)
