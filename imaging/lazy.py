"""OpenCV, NumPy and Pillow, loaded at first use.

Whoever only reads headers or lists filters (the API) must not pay for them: 0.2 s and 60 MB. And the
environment variable that bounds OpenCV's decoders is read while it loads (see `imaging.process`).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import cv2
    import numpy as np
    from PIL import Image
else:

    class _Lazy:
        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            value = getattr(importlib.import_module(self._name), attribute)
            setattr(self, attribute, value)  # from now on found without this method
            return value

    cv2 = _Lazy("cv2")
    np = _Lazy("numpy")
    Image = _Lazy("PIL.Image")

__all__ = ["Image", "cv2", "np"]
