"""What a process that decodes pictures sets once, before it decodes the first."""

from __future__ import annotations

import os
import sys
import warnings

from PIL import Image

from imaging.lazy import cv2
from imaging.limits import Limits

_OPENCV_LIMIT = "OPENCV_IO_MAX_IMAGE_PIXELS"
_SILENT = 0


def configure_process(limits: Limits | None = None) -> None:
    """Bound the decoders and keep OpenCV to the thread that calls it: jobs are what runs in parallel.

    To be called by a worker at its start, before OpenCV is loaded (it reads its bound only then; a bound
    set later leaves OpenCV's own, 2^30 pixels). Threads may call `run` at the same time afterwards.
    """
    pixels = (limits or Limits()).max_pixels
    if "cv2" not in sys.modules:
        os.environ[_OPENCV_LIMIT] = str(pixels)
    Image.MAX_IMAGE_PIXELS = pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(_SILENT)  # what is wrong with a picture is said by our errors
