"""The client and the command believe a server its pictures, and nothing about this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from command import fetching, printing
from command.exits import Ended
from dpip_client import Image, Workload
from dpip_client.errors import NotDpip
from dpip_client.saving import Digest, saving

STEERING = "a\x1b]0;owned\x07\x9b31m\x7f\u202eb"
WORKLOAD = {
    "workload_id": "w1", "workload_name": "n", "filter": "blur", "status": "completed", "filtered_images": [],
}  # fmt: skip
IMAGE = {
    "image_id": "w1-1", "workload_id": "w1", "type": "filtered", "output": "filtered", "name": "a.jpg",
    "format": "jpeg", "width": 1, "height": 1, "size_bytes": 1,
}  # fmt: skip
ELSEWHERE = ["../x", "..", "/etc/x", "a/b", "a\\b", "", ".", "a.b/..", "x\x00", "x\n", "\u2025", None, 5]


@pytest.mark.parametrize("text", ELSEWHERE)
def test_ids_that_lead_elsewhere_are_no_ids(text: object) -> None:
    with pytest.raises(NotDpip):
        Workload.of({**WORKLOAD, "workload_id": text})
    with pytest.raises(NotDpip):
        Workload.of({**WORKLOAD, "filtered_images": [text]})
    with pytest.raises(NotDpip):
        Image.of({**IMAGE, "image_id": text})
    if text is not None:
        with pytest.raises(NotDpip):
            Image.of({**IMAGE, "output": text})


@pytest.mark.parametrize(
    "name", ["../a.jpg", "..", "/etc/a.jpg", "..\\a.jpg", STEERING, "\x00", ".bashrc", "a/..", ""]
)
def test_names_of_pictures_stay_in_the_folder(name: str) -> None:
    image = Image.of({**IMAGE, "name": name})
    (called,) = fetching._names([image], {image.id: name})
    assert Path(called).name == called
    assert not called.startswith(".")
    assert called.isprintable()


def test_names_are_such_that_every_system_takes_them() -> None:
    """And so that one odd name does not end the download of all."""
    names = [
        "CON.jpg",
        "a:b.jpg",
        'wh<a>t?"*|.jpg',
        "x. .jpg",
        "é" * 300 + ".jpg",
        "a.jpg" + "x" * 300,
    ]
    images = [Image.of({**IMAGE, "image_id": f"w1-{number}"}) for number in range(len(names))]
    called = fetching._names(images, {image.id: name for image, name in zip(images, names, strict=True)})
    assert called[:4] == ["_CON.jpg", "a_b.jpg", "wh_a_t____.jpg", "x.jpg"]
    assert called[4] == "é" * 90 + ".jpg"
    assert max(len(name.encode()) for name in called) < 200


def test_a_format_that_only_a_newer_server_knows_is_no_reason_to_fail() -> None:
    images = [
        Image.of({**IMAGE, "image_id": f"w1-{n}", "format": f}) for n, f in enumerate(("jxl", "../x", ""))
    ]
    called = fetching._names(images, {"w1-0": "a.jpg", "w1-1": "b.jpg"})
    assert called == ["a.jxl", "b", "w1-2"]


def test_names_that_differ_in_case_alone_are_two_files() -> None:
    images = [Image.of({**IMAGE, "image_id": f"w1-{number}"}) for number in range(2)]
    assert fetching._names(images, {"w1-0": "a.jpg", "w1-1": "A.JPG"}) == ["w1-0.jpg", "w1-1.jpg"]


@pytest.mark.parametrize("said", ["con.jpg", "NUL", "a:b.jpg", "x" * 300, "a.", "lpt1 .x", "\xff.jpg"])
def test_a_download_is_called_as_every_system_takes_it(tmp_path: Path, said: str) -> None:
    with saving(tmp_path) as sink:
        assert sink.keep({"content-disposition": f'attachment; filename="{said}"'}).name == "image"


@pytest.mark.parametrize("name", ["../out", "..", "/etc", ".ssh", "", STEERING])
def test_a_workload_is_no_folder_elsewhere(name: str) -> None:
    with pytest.raises(Ended, match="--out"):
        fetching._folder(name)


@pytest.mark.parametrize("said", ["../../a", "/etc/passwd", "..", "..\\..\\a", ".", "\\", "/"])
def test_a_download_lands_where_it_was_told_to(tmp_path: Path, said: str) -> None:
    headers: Mapping[str, str] = {"content-disposition": f'attachment; filename="{said}"'}
    folder = tmp_path / "in" / "side"
    folder.mkdir(parents=True)
    with saving(folder) as sink:
        sink.write(b"x")
        assert sink.keep(headers).parent == folder
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == list(folder.iterdir())


def test_nothing_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    value: dict[str, Any] = {"name": STEERING, "far": "\U000e0041", "é": ["🙂"]}
    printing.as_json(value)
    printing.facts({"name": STEERING, "list": [STEERING]})
    printing.table(("NAME",), [(STEERING,)], "")
    printing.note(STEERING)
    out, err = capsys.readouterr()
    for shown in (out, err):
        assert all(char.isprintable() or char == "\n" for char in shown)
    assert json.loads(out.splitlines()[0]) == value, "and JSON says the same"


def test_a_picture_that_came_damaged_is_not_kept() -> None:
    digest = Digest()
    digest.write(b"x")
    with pytest.raises(Exception, match="damaged"):
        digest.check({"etag": f'"{"0" * 64}"'})
