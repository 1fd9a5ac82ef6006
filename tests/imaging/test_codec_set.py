"""What has a say in a result's bytes: told, compared, and pinned to what the release brings."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dpip.codecs import differing
from imaging import turbo
from imaging.codec_set import codec_set
from tests.imaging.samples import rgb, saved

ROOT = Path(__file__).parent.parent.parent
_RESULTS = """
import hashlib, json, sys
from pathlib import Path
import imaging
from imaging import turbo
from imaging.codec_set import codec_set
path, codecs, hidden = sys.argv[1:]
if hidden == "hidden":
    turbo._LIBRARIES = ()
imaging.configure_process(imaging.Limits(), codecs)
data = Path(path).read_bytes()
made = [imaging.run(data, imaging.parse_pipeline(text), imaging.Limits())
        for text in ("grayscale", "blur", "flip", "resize:width=40")]
print(json.dumps([codec_set(), [one.report.path for one in made], [one.report.output_sha256 for one in made],
                  made[0].report.versions["turbojpeg"]]))
"""


def told(path: Path, codecs: str, library: str = "as it is") -> tuple[list[str], list[str], list[str], str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _RESULTS, path, codecs, library],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    codec_names, paths, hashes, named = json.loads(done.stdout)
    return codec_names, paths, hashes, named


def test_locked_codecs_make_the_same_bytes_with_and_without_libturbojpeg(tmp_path: Path) -> None:
    photograph = tmp_path / "a.jpg"
    photograph.write_bytes(saved(rgb()[:160, :240].copy(), "jpeg"))
    locked, without = told(photograph, "locked"), told(photograph, "fastest", "hidden")
    assert locked == without
    assert "turbojpeg none" in locked[0]
    if turbo.available():
        fastest = told(photograph, "fastest")
        assert fastest[0] != locked[0]
        assert fastest[1][0] != locked[1][0], "another way was gone, and is told"
        assert fastest[3] in " ".join(fastest[0])


@pytest.mark.skipif(not turbo.available(), reason="libturbojpeg is not installed here")
def test_libturbojpeg_is_told_by_what_it_is() -> None:
    file, digest = str(turbo.name()).split()
    assert file.startswith("libturbojpeg")
    mapped = next(line for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith(file))
    assert hashlib.sha256(Path(mapped[mapped.index("/") :]).read_bytes()).hexdigest().startswith(digest)


def test_the_set_names_every_library() -> None:
    words = " ".join(codec_set())
    for name in ("dpip", "opencv-python-headless", "pillow", "numpy", "turbojpeg"):
        assert f"{name} " in words


def test_what_differs_is_what_not_all_have() -> None:
    assert differing([]) == ()
    assert differing([("a 1", "b 1"), ("b 1", "a 1"), ()]) == ()
    assert differing([("a 1", "b 1"), ("a 1", "b 2"), ("a 1", "b 1")]) == ("b 1", "b 2")
