"""Results are the same bytes on all processors of a kind, whatever instructions libraries choose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
OLDER = {  # a processor without AVX-512
    "OPENCV_CPU_DISABLE": "AVX512_SKX",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",
    "JSIMD_FORCESSE2": "1",
}
_HASHES = """
import hashlib, json
import numpy as np
from imaging import configure_process
from tests.imaging.filter_modes import EXAMPLES, apply, made, photograph
from tests.imaging.golden import found, pipelines

configure_process()
told = {name: list(found(name).values()) for name in pipelines()}
shapes = ("rotate:angle=7", "resize:width=77", "resize:width=77,linear_light=true", "unsharp_mask:sigma=20")
for mode in ("gray8", "colour16", "colour+alpha8", "gray+alpha16"):
    for text in (*EXAMPLES, *shapes, "blur", "blur:sigma=40", "vignette"):
        if mode.endswith("8") or made(text).takes_16_bit:
            pixels = np.ascontiguousarray(apply(text, photograph(mode)))
            told[f"{mode} {text}"] = hashlib.sha256(pixels.tobytes()).hexdigest()
print(json.dumps(told))
"""


def hashes(environment: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", _HASHES],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def has_more() -> bool:
    told = Path("/proc/cpuinfo")
    return told.exists() and "avx512vl" in told.read_text()


@pytest.mark.skipif(not has_more(), reason="this processor has no AVX-512 that could be switched off")
def test_a_processor_without_the_newest_instructions_makes_the_same_bytes() -> None:
    newest, older = hashes({}), hashes(OLDER)
    assert len(newest) > 150
    assert [name for name, made in newest.items() if older[name] != made] == []
