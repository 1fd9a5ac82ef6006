"""The colour of light sources: black bodies, in the linear light of sRGB."""

from __future__ import annotations

from imaging.lazy import np
from imaging.picture import Pixels

NEUTRAL_KELVIN = 6500.0
_TINT_UNITS = 3000.0  # to one of CIE 1960 chromaticity
_STEP_KELVIN = 1.0
_FAINTEST = 0.02  # of a channel, beside the strongest: beyond is out of what sRGB can show
_TO_RGB = (  # CIE XYZ to linear sRGB (IEC 61966-2-1)
    (3.2406, -1.5372, -0.4986),
    (-0.9689, 1.8758, 0.0415),
    (0.0557, -0.2040, 1.0570),
)


def light_source(kelvin: float, tint: float = 0.0) -> Pixels:
    """Blue, green and red of a black body, relative to the one of 6,500 K.

    `tint` moves it across the curve of black bodies, towards green when above 0: the picture taken in that
    light, once corrected, turns the other way. 2,500 to 15,000 K.
    """
    relative: Pixels = _rgb(kelvin, tint) / _rgb(NEUTRAL_KELVIN, 0.0)
    return relative[::-1]


def _rgb(kelvin: float, tint: float) -> Pixels:
    """Linear red, green and blue, of luminance 1 as far as sRGB can show the colour."""
    u, v = _black_body(kelvin)
    along = np.subtract(_black_body(kelvin + _STEP_KELVIN), _black_body(kelvin))
    across = np.array((-along[1], along[0])) / np.hypot(*along)
    across *= np.sign(across[1])  # upwards, towards green
    u, v = np.array((u, v)) + across * tint / _TINT_UNITS
    x, y = 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)
    rgb: Pixels = np.array(_TO_RGB) @ np.array((x / y, 1.0, (1 - x - y) / y))
    return rgb.clip(min=_FAINTEST * rgb.max())


def _black_body(kelvin: float) -> tuple[float, float]:
    """CIE 1960 chromaticity u, v: the rational approximation of M. Krystek (1985), 1,000 to 15,000 K."""
    t = kelvin
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t**2) / (
        1 + 8.42420235e-4 * t + 7.08145163e-7 * t**2
    )
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t**2) / (
        1 - 2.89741816e-5 * t + 1.61456053e-7 * t**2
    )
    return u, v
