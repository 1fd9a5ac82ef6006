"""What a process that decodes pictures sets once, before it decodes the first."""

from __future__ import annotations

import ctypes
import os
import sys
import warnings

from PIL import AvifImagePlugin, Image
from threadpoolctl import threadpool_limits

from imaging.codec_set import Codecs, use_codecs
from imaging.lazy import cv2
from imaging.limits import Limits

_OPENCV_LIMIT = "OPENCV_IO_MAX_IMAGE_PIXELS"
_SILENT = 0
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
_KEPT_BYTES = 256 * 2**20
_NEVER = 2**30


def configure_process(limits: Limits | None = None, codecs: Codecs | None = None) -> None:
    """Bound the decoders, and keep OpenCV and NumPy's BLAS to the thread that calls them: jobs are what runs
    in parallel.

    To be called by a worker at its start, before OpenCV is loaded (it reads its bound only then; a bound
    set later leaves OpenCV's own, 2^30 pixels). Threads may call `run` at the same time afterwards.
    """
    if codecs is not None:
        use_codecs(codecs)
    pixels = (limits or Limits()).max_pixels
    if "cv2" not in sys.modules:
        os.environ[_OPENCV_LIMIT] = str(pixels)
    Image.MAX_IMAGE_PIXELS = pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    _keep_freed_memory()
    cv2.setNumThreads(1)
    threadpool_limits(1, user_api="blas")
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    cv2.utils.logging.setLogLevel(_SILENT)  # what is wrong with a picture is said by our errors


def _keep_freed_memory() -> None:
    """Let malloc keep up to 256 MiB of what was freed, for the next picture.

    By default every large buffer comes fresh from the kernel, page fault by page fault, and goes back at
    once: that is a quarter of the CPU time of blurring a photograph. Only glibc has this; the same can be
    said by MALLOC_TRIM_THRESHOLD_, MALLOC_MMAP_THRESHOLD_ and MALLOC_ARENA_MAX before the process starts.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in (
            (_TRIM_THRESHOLD, _KEPT_BYTES),
            (_MMAP_THRESHOLD, _NEVER),
            (_ARENA_MAX, 1),
        ):
            mallopt(option, value)
