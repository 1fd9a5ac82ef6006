"""A package of filters that really crash, hang, and eat memory, as it lies on disk when it is installed."""

from __future__ import annotations

import textwrap
from pathlib import Path

_MODULE = '''
    """Each does its harm to pictures of one width, and nothing to others."""

    import ctypes
    import time

    import numpy as np

    from imaging.filters.base import Alpha, Filter, Traits

    POISON_WIDTH = 77
    MOST_BYTES = 6 * 2**30  # the machine is others', too


    class Harmful(Filter):
        traits = Traits(alpha=Alpha.APART)

        def apply(self, pixels):
            if pixels.shape[1] == POISON_WIDTH:
                self.harm()
            return pixels.copy()

        def harm(self):
            raise NotImplementedError


    class Segfaults(Harmful):
        name, summary = "segfaults", "writes where it may not"

        def harm(self):
            ctypes.memset(0, 1, 1)


    class Aborts(Harmful):
        name, summary = "aborts", "as a C++ library with a failed assertion does"

        def harm(self):
            ctypes.CDLL(None).abort()


    class HangsInside(Harmful):
        name, summary = "hangs-inside", "sleeps in native code, and lets no other thread run"

        def harm(self):
            ctypes.PyDLL(None).sleep(100_000)


    class Loops(Harmful):
        name, summary = "loops", "in a tight loop for ever"

        def harm(self):
            while True:
                pass


    class EatsMemory(Harmful):
        name, summary = "eats-memory", "holds more and more of it"

        def harm(self):
            held = []
            while len(held) < MOST_BYTES // 2**25:
                held.append(np.ones(2**25, np.uint8))
                time.sleep(0.05)
            raise AssertionError("nobody stopped it")
'''
FILTERS = {
    "segfaults": "Segfaults",
    "aborts": "Aborts",
    "hangs-inside": "HangsInside",
    "loops": "Loops",
    "eats-memory": "EatsMemory",
}
POISON_WIDTH = 77  # pixels


def install(folder: Path) -> Path:
    """To be put into PYTHONPATH."""
    about = folder / "dpip_poison-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: dpip-poison\nVersion: 1.0\n")
    points = "".join(f"{name} = dpip_poison:{kind}\n" for name, kind in FILTERS.items())
    (about / "entry_points.txt").write_text(f"[dpip.filters]\n{points}")
    (folder / "dpip_poison.py").write_text(textwrap.dedent(_MODULE))
    return folder
