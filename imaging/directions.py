"""Angles, as a picture shows them: 0 degrees points right, 90 up."""

from __future__ import annotations

import math


def towards(degrees: float) -> tuple[float, float]:
    """The step of one pixel: columns to the right, rows down."""
    angle = math.radians(degrees)
    return math.cos(angle), -math.sin(angle)
