"""What has a say in a result's bytes: told, compared, and pinned to what the release brings."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from dpip.codecs import differing
from imaging.codec_set import codec_set
from imaging.made import THE_LONG_WAY
from imaging.shortcuts import jpeg_gray, jpeg_planes, jpeg_turn
from tests.imaging.samples import rgb, saved

ROOT = Path(__file__).parent.parent.parent
BROUGHT = (sys.platform, platform.machine()) == ("linux", "x86_64")
_RESULTS = """
import hashlib, json, sys
from pathlib import Path
import imaging
from imaging import turbo_library
from imaging.codec_set import codec_set
path, codecs, *hidden = sys.argv[1:]
if "system" in hidden:
    turbo_library._OF_THE_SYSTEM = ()
if "package" in hidden:
    turbo_library._PACKAGE = "no_such_package"
imaging.configure_process(imaging.Limits(), codecs)
data = Path(path).read_bytes()
made = [imaging.run(data, imaging.parse_pipeline(text), imaging.Limits())
        for text in ("grayscale", "blur", "flip", "resize:width=40")]
print(json.dumps([codec_set(), [one.report.path for one in made], [one.report.output_sha256 for one in made],
                  made[0].report.versions["turbojpeg"]]))
"""


def told(path: Path, codecs: str, *hidden: str) -> tuple[list[str], list[str], list[str], str]:
    """The codec set; ways and hashes of some results; the library. `hidden`: "package", "system"."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _RESULTS, path, codecs, *hidden],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    codec_names, paths, hashes, named = json.loads(done.stdout)
    return codec_names, paths, hashes, named


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(rgb()[:160, :240].copy(), "jpeg"))
    return path


def test_locked_codecs_make_the_same_bytes_whatever_the_system_has(photograph: Path) -> None:
    assert told(photograph, "locked") == told(photograph, "fastest", "system")


@pytest.mark.skipif(not BROUGHT, reason="the release brings libjpeg-turbo for Linux on x86_64")
def test_where_the_release_brings_libjpeg_turbo_all_make_the_same_bytes(photograph: Path) -> None:
    locked = told(photograph, "locked")
    assert locked == told(photograph, "fastest")
    assert locked[1] == [jpeg_gray.PATH, jpeg_planes.PATH, jpeg_turn.PATH, jpeg_planes.PATH]
    assert locked[3] == f"pylibjxl {version('pylibjxl')}"
    assert f"turbojpeg {locked[3]}" in locked[0]


def test_without_it_the_long_way_is_gone_and_told(photograph: Path) -> None:
    without = told(photograph, "locked", "package")
    assert without == told(photograph, "fastest", "package", "system")
    assert "turbojpeg none" in without[0]
    assert set(without[1]) == {THE_LONG_WAY}


def test_the_systems_library_is_told_by_what_it_is(photograph: Path) -> None:
    names, ways, _, name = told(photograph, "fastest", "package")
    if name == "none":
        pytest.skip("libturbojpeg is not installed here")
    assert f"turbojpeg {name}" in names
    assert THE_LONG_WAY not in ways
    file, digest = name.split()
    ctypes.CDLL("libturbojpeg.so.0")
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
