"""Python's collector of cyclic garbage, told what it need not look at."""

from __future__ import annotations

import gc

NEW_OBJECTS = 10_000  # before the youngest are looked at; Python's own 700 are a few requests


def spare_what_is_loaded() -> None:
    """Call it when a process is set up: modules and what they made stay to the end, a quarter of a million
    objects in one that loads Ray, and looking through them holds up every thread for tens of milliseconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
