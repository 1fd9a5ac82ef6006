"""The guide's examples, run as they stand: every `sh` block of its API chapter, one after the other."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from benchmarks.corpus import photographs
from tests.system.system import PASSWORD, USER, System

GUIDE = Path(__file__).parent.parent.parent / "user-guide.md"


def examples() -> str:
    chapter = GUIDE.read_text().split("\n## The API by curl\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", chapter, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 8
    return "".join(blocks)


def test_the_examples_of_the_guide_do_what_they_say(system: System, tmp_path: Path) -> None:
    client = system.ready()
    [photo] = photographs(1, smallest=1)
    (tmp_path / "photo.jpg").write_bytes(photo.data)
    # -f makes curl fail on a refusal, and set -e the script on curl
    script = 'set -e -o pipefail\ncurl() { command curl -f -S "$@"; echo; }\n' + examples()
    if subprocess.run(["which", "curl"], capture_output=True, check=False).returncode:
        pytest.skip("curl is not installed: apt-get install -y curl")
    result = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin",
            "URL": client.url,
            "PHOTO": "photo.jpg",
            "DPIP_USER": USER,
            "DPIP_PASSWORD": PASSWORD,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    assert (tmp_path / "result.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert len((tmp_path / "first-hundred-bytes").read_bytes()) == 100
    assert len(list(tmp_path.glob("*.jpg"))) == 4, (
        "photo, preview, result, and the original under its own name"
    )
