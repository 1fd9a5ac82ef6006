"""Pixels taken together in whole blocks: twenty times as quick as with any kernel."""

from __future__ import annotations

from imaging.lazy import cv2, np
from imaging.picture import Pixels


def means(pixels: Pixels, block: int) -> Pixels:
    """The mean of every block of `block` x `block` pixels; at the right and lower edge, of what is left.

    uint8, uint16 or float32, of one to four channels; sizes are rounded up.
    """
    height, width = pixels.shape[:2]
    size = -(-height // block), -(-width // block)
    found = np.empty((*size, *pixels.shape[2:]), pixels.dtype)
    across, down = width // block, height // block  # whole ones
    for rows in (slice(0, down), slice(down, size[0])):
        for columns in (slice(0, across), slice(across, size[1])):
            target = found[rows, columns]
            if target.size:
                source = pixels[
                    rows.start * block : rows.stop * block, columns.start * block : columns.stop * block
                ]
                mean = cv2.resize(source, target.shape[1::-1], interpolation=cv2.INTER_AREA)
                target[...] = mean.reshape(target.shape)
    return found
