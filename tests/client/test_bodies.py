"""Forms that a parser of others reads, order, and files that are whole or not there."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from multipart import MultipartParser

from dpip_client.errors import Damaged, Unprocessable
from dpip_client.models import Sent
from dpip_client.multipart import PIECE_BYTES, Changed, Form
from dpip_client.originals import BATCH_FILES, Original, batches
from dpip_client.saving import saving
from dpip_client.uploading import _told


def test_a_form_is_read_as_it_was_meant(tmp_path: Path) -> None:
    large = tmp_path / 'an "odd" näme.jpg'
    large.write_bytes(bytes(range(256)) * (PIECE_BYTES // 100))
    files = [Original.of(large), Original.of(("b.png", b"")), Original.of(("c.png", b"\r\n--x"))]
    form = Form(files, {"workload_id": "w", "type": "original"})
    sent = b"".join(form.pieces())
    assert len(sent) == form.length
    parts = MultipartParser(io.BytesIO(sent), form.boundary, memfile_limit=10**8).parts()
    assert [(part.name, part.value) for part in parts[:2]] == [("workload_id", "w"), ("type", "original")]
    assert [(part.name, part.raw) for part in parts[2:]] == [
        ("data", large.read_bytes()),
        ("data", b""),
        ("data", b"\r\n--x"),
    ]
    assert b"".join(form.pieces()) == sent, "it can be sent again"


@pytest.mark.parametrize("change", [b"", b"longer than before"])
def test_a_file_that_changes_meanwhile_is_not_passed_off_as_whole(tmp_path: Path, change: bytes) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"before")
    form = Form([Original.of(file)])
    file.write_bytes(change)
    with pytest.raises(Changed, match=r"a\.jpg was changed"):
        b"".join(form.pieces())


def test_small_files_travel_together_and_the_order_is_kept() -> None:
    sizes = [10] * (BATCH_FILES + 5) + [3_000_000] + [900_000] * 12
    sources = [(str(number), b"x" * size) for number, size in enumerate(sizes)]
    made = list(batches(sources))
    assert [one.name for batch in made for one in batch] == [name for name, _ in sources]
    assert [len(batch) for batch in made] == [BATCH_FILES, 5, 1, 9, 3]


def test_what_became_of_each_is_told_by_position() -> None:
    batch = [Original.of((name, b"")) for name in "abc"]
    answer = {
        "images": [{"image_id": "w-1"}, {"image_id": "w-2"}],
        "refused": [{"position": 2, "name": "b", "status": 422, "detail": "cut off"}],
    }
    told = _told(batch, answer)
    assert [(sent.source[0], sent.image_id) for sent in told] == [("a", "w-1"), ("b", None), ("c", "w-2")]
    assert isinstance(told[1], Sent)
    assert isinstance(told[1].error, Unprocessable)


def etag(data: bytes) -> dict[str, str]:
    return {"etag": f'"{hashlib.sha256(data).hexdigest()}"'}


def test_a_download_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.jpg"
    with saving(target) as sink:
        sink.begin()
        sink.write(b"half")
        sink.begin()  # the connection broke
        sink.write(b"whole")
        assert not target.exists()
        assert sink.keep(etag(b"whole")) == target
    assert target.read_bytes() == b"whole"
    with saving(target) as sink:
        sink.begin()
        sink.write(b"other")
        with pytest.raises(Damaged):
            sink.keep(etag(b"expected"))
    assert [file.name for file in target.parent.iterdir()] == ["a.jpg"]
    assert target.read_bytes() == b"whole"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("attachment; filename=a.png", "a.png"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename=".."', "image"),
        ("", "image"),
    ],
)
def test_a_name_from_the_server_stays_in_the_folder(tmp_path: Path, said: str, name: str) -> None:
    with saving(tmp_path) as sink:
        sink.begin()
        assert sink.keep({"content-disposition": said}) == tmp_path / name
