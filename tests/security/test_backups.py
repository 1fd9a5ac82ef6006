"""A backup that somebody else made writes nothing but images into the store."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from command import restore
from command.archive import Writer
from command.exits import Ended
from command.manifest import Manifest


@pytest.mark.parametrize("key", ["../../evil.jpg", "/etc/evil", "a/../../evil", ".hidden/a", "a/b/c", "a"])
def test_its_keys_lead_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    home, backup = tmp_path / "in" / "home", tmp_path / "b.tar"
    monkeypatch.setenv("DPIP_HOME", str(home))
    writer = Writer(backup)
    writer.write("database/images.jsonl", json.dumps({"key": key}).encode())
    writer.write(f"images/{key}", b"x")
    digest = hashlib.sha256(writer.sums).hexdigest()
    manifest = Manifest(
        dpip="0", taken_at=0, revision="0001", tables=("images",), rows={"images": 1}, images=1,
        image_bytes=1, sums_sha256=digest,
    )  # fmt: skip
    writer.finish(manifest.model_dump_json().encode(), digest)
    before = {backup}
    with pytest.raises(Ended, match="none of DPIP's"):
        restore.run(backup, overwrite=False)
    left = {path for path in tmp_path.rglob("*") if path.is_file() and home not in path.parents}
    assert left == before
    assert not [path for path in home.rglob("*") if path.name.startswith("evil")]
