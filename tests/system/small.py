"""Pictures of which many make little work."""

from __future__ import annotations

import io

from PIL import Image

SIDE = 160  # pixels


def small_pictures(count: int) -> list[tuple[str, bytes]]:
    """(name, PNG) of so many, no two alike."""
    return [(f"{number:04d}.png", _png(number)) for number in range(count)]


def _png(number: int) -> bytes:
    picture = Image.linear_gradient("L").resize((SIDE, SIDE)).convert("RGB")
    picture.putpixel((0, 0), (number % 256, number // 256, 7))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
