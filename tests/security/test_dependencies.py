"""The dependencies: pinned and hashed, freely licensed, and told as a bill of materials that is one."""

from __future__ import annotations

import json
import subprocess
import sys
from email.message import Message
from pathlib import Path
from typing import cast

import pytest

from tools import dependencies

ROOT = Path(__file__).parents[2]
HASH = "--hash=sha256:" + "0" * 64


def test_ours_are_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert dependencies.main() == 0, capsys.readouterr().err


@pytest.mark.parametrize("lock", sorted(ROOT.glob("*.lock")), ids=lambda lock: str(lock.name))
def test_locks_name_no_place(lock: Path) -> None:
    assert "://" not in lock.read_text()


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("flask", "not pinned"),
        (f"flask>=3.1 {HASH}", "not pinned"),
        (f"flask==3.* {HASH}", "not pinned"),
        (f"flask @ https://example.org/flask.whl {HASH}", "not pinned"),
        (f"-e . {HASH}", "not pinned"),
        (f"--index-url https://example.org {HASH}", "not pinned"),
        ("flask==3.1.3", "no hash"),
        ("flask==3.1.3 --hash=md5:0", "something else"),
        (f"flask==3.1.3 {HASH} --extra-index-url=https://example.org", "something else"),
    ],
)
def test_a_loose_entry_is_found(entry: str, why: str) -> None:
    assert why in "".join(
        dependencies.loose(f"# a comment\n{entry}\nrich==14.0 ; python_version < '4' {HASH}\n")
    )


@pytest.mark.parametrize(
    ("fields", "fine"),
    [
        ({"License-Expression": "MIT"}, True),
        ({"License-Expression": "GPL-3.0-only OR MIT"}, True),
        ({"License-Expression": "MIT AND GPL-3.0-only"}, False),
        ({"License-Expression": "AGPL-3.0-or-later"}, False),
        ({"License": "BSD-3-Clause"}, True),
        ({"License": "ours alone"}, False),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, True),
        ({"Classifier": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"}, False),
        ({}, False),
    ],
    ids=str,
)
def test_licences(fields: dict[str, str], fine: bool) -> None:
    told = Message()
    for name, value in fields.items():
        told[name] = value
    assert (dependencies.licence_problem(cast("dependencies.PackageMetadata", told)) is None) is fine


def test_the_bill_of_materials_is_valid_and_complete(tmp_path: Path) -> None:
    """As `make sbom` makes it; `--validate` holds it to CycloneDX's own schema."""
    made = tmp_path / "dpip.cdx.json"
    recipe = (ROOT / "Makefile").read_text().partition("cyclonedx-py ")[2].partition("\n\t@")[0]
    words = recipe.replace("\\\n", " ").replace("dist/dpip.cdx.json", str(made)).split()
    subprocess.run(
        [sys.executable, "-W", "ignore::UserWarning", "-m", "cyclonedx_py", *words],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    assert "--validate" in words
    told = json.loads(made.read_text())
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["component"]["name"] == "dpip"
    locked = {
        entry.split(" ")[0].split(";")[0]
        for entry in dependencies.requirements((ROOT / dependencies.RUNTIME).read_text())
    }
    assert {f"{one['name']}=={one['version']}" for one in told["components"]} == locked
    assert all(one["externalReferences"][0]["hashes"] for one in told["components"])
