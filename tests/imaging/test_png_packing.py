"""PNG results are not larger than OpenCV's own at zlib level 3, be they photographs or drawings."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from imaging.codecs import png
from imaging.codecs.options import EncodeOptions
from imaging.picture import Picture
from tests.imaging.samples import Array
from tests.pictures import photograph


def screenshot() -> Array:
    sheet = np.full((360, 640, 3), 255, np.uint8)
    for line in range(19):
        text, place = f"def function_{line}(argument): return argument + {line * 7}", (10, 18 * line + 20)
        cv2.putText(
            sheet, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (30 * line % 255, 20, 10), 1, cv2.LINE_AA
        )
    cv2.rectangle(sheet, (450, 50), (600, 300), (200, 120, 30), -1)
    return sheet


def gradient() -> Array:
    return np.tile(np.linspace(0, 255, 640).astype(np.uint8), (360, 1))


SUBJECTS = {"photograph": lambda: photograph(1, 0.5), "screenshot": screenshot, "gradient": gradient}


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("sigma", [0, 3])
@pytest.mark.parametrize("gray", [False, True])
def test_size_beside_level_three(subject: str, sigma: int, gray: bool) -> None:
    pixels = {"photograph": lambda: photograph(1, 0.5), "screenshot": screenshot, "gradient": gradient}[
        subject
    ]()
    if gray and pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    if sigma:
        pixels = cv2.GaussianBlur(pixels, (0, 0), sigma)
    ours = png.encode(Picture(pixels), EncodeOptions())
    theirs = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes()
    assert len(ours) < 1.2 * len(theirs) + 1000
    assert (cv2.imdecode(np.frombuffer(ours, np.uint8), cv2.IMREAD_UNCHANGED) == pixels).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_gray_with_alpha_goes_round(kind: type) -> None:
    gray = photograph(1, 0.1)[..., 1].astype(kind) * (257 if kind is np.uint16 else 1)
    pixels = np.dstack((gray, gray[::-1]))
    back = cv2.imdecode(
        np.frombuffer(png.encode(Picture(pixels), EncodeOptions()), np.uint8), cv2.IMREAD_UNCHANGED
    )
    assert (back[..., 0] == pixels[..., 0]).all()
    assert (back[..., 3] == pixels[..., 1]).all()
