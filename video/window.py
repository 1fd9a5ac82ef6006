"""How many frames may be on their way at the same time."""

from __future__ import annotations

from dpip.domain import VideoFacts

_LEAST = 4
_SAMPLE_BYTES = 3  # of a pixel, as a PNM has it
_BOTH = 2  # the frame and its result


def window(facts: VideoFacts, max_frames: int, max_bytes: int) -> int:
    """Frames, so that they and their results fit into `max_bytes`, but some in any case."""
    frame = facts.width * facts.height * _SAMPLE_BYTES * _BOTH
    return min(max_frames, max(_LEAST, max_bytes // max(frame, 1)))
