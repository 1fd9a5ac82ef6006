"""Text as a mark, in the font that comes with OpenCV (Rubik; WenQuanYi Micro Hei for what that has not)."""

from __future__ import annotations

import threading

from imaging.geometry import Size
from imaging.lazy import cv2, np
from imaging.marks import Mark, plain
from imaging.picture import Pixels

_FONT, _WEIGHT = "sans", 500  # of 100 to 900
_MEASURED_AT = 100  # pixels
_SHADOW = "#000000"
_SHADOW_COVER = 0.6
_SHADOW_SPREAD = 0.06  # sigma, of the letters' height
_drawing = threading.Lock()  # the fonts' caches are shared


def lettered(text: str, height: int, colour: str, *, shadow: bool) -> Mark:
    """`text` in a line, `height` pixels from one line to the next would be."""
    letters = _drawn(text, height)
    if not shadow:
        return plain(colour, letters)
    spread = max(0.8, _SHADOW_SPREAD * height)
    reach = int(3 * spread)
    letters = np.pad(letters, reach)
    dark = np.minimum(cv2.GaussianBlur(letters, (0, 0), spread) * 2, 1) * _SHADOW_COVER
    front = plain(colour, letters)
    cover = front.cover + dark * (1 - front.cover)
    share = (front.cover / np.maximum(cover, 1e-6))[..., None]
    back = plain(_SHADOW, dark)
    mixed = front.colour * share + back.colour * (1 - share)
    return Mark(np.rint(mixed).astype(np.uint8), cover)


def fitting_height(text: str, wanted: int, room: Size) -> int:
    """The largest height, up to `wanted`, at which the text fits into `room`."""
    with _drawing:
        _, _, width, tall = cv2.getTextSize(
            Size(1, 1), text, (0, 0), cv2.FontFace(_FONT), _MEASURED_AT, _WEIGHT
        )
    factor = min(room.width / max(1, width), room.height / max(1, tall))
    return max(1, min(wanted, int(_MEASURED_AT * factor)))


def _drawn(text: str, height: int) -> Pixels:
    """How far each pixel is covered, 0 to 1, cut to what is drawn."""
    with _drawing:
        face = cv2.FontFace(_FONT)
        x, y, width, tall = cv2.getTextSize(Size(1, 1), text, (0, 0), face, height, _WEIGHT)
        margin = 2 + height // 4
        ground = np.zeros((tall + 2 * margin, width + 2 * margin), np.uint8)
        cv2.putText(ground, text, (margin - x, margin - y), (255,), face, height, _WEIGHT)
    left, top, wide, high = cv2.boundingRect(ground)
    cut = ground[top : top + high, left : left + wide] if wide and high else ground[:1, :1]
    return cut.astype(np.float32) / 255
