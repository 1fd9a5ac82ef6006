"""`dpip run` without a system: which files are meant, what the journal keeps, what is left to do."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from command.exits import Ended
from command.runs.inputs import Input, collect
from command.runs.journal import Journal, Order
from command.runs.plan import hash_of, target_name, todo, unanswered
from command.runs.showing import summary
from command.runs.tally import Tally
from dpip_client import Image
from imaging.formats import canonical_name

BLUR = Order("blur")


def is_picture(path: Path) -> bool:
    return canonical_name(path.suffix) is not None


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b/c.PNG", "b/notes.txt", ".hidden/d.jpg", "b/.e.jpg", "filtered/old.jpg"):
        file = tmp_path / "photos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    return tmp_path / "photos"


def names(paths: Sequence[Path], out: Path, *, everything: bool = False) -> list[str]:
    return [one.name for one in collect(paths, out, is_picture, everything).files]


def test_a_folder_is_mirrored_without_what_is_hidden_no_picture_or_a_result(tree: Path) -> None:
    out = tree / "filtered"
    assert names([tree], out) == ["a.jpg", "b/c.PNG"]
    assert collect([tree], out, is_picture, False).passed_over == 1
    assert names([tree], out, everything=True) == ["a.jpg", "b/c.PNG", "b/notes.txt"]
    assert names([tree / "b" / "notes.txt"], out) == ["notes.txt"], "who names a file wants it"
    assert names([tree / "b", tree / "a.jpg"], out) == ["b/c.PNG", "a.jpg"]
    assert names([tree / "a.jpg", tree / "a.jpg"], out) == ["a.jpg"]


def test_what_cannot_be_meant_is_told(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(Ended, match="there is no"):
        names([tree / "nothing"], tmp_path)
    (tree / "b" / "a.jpg").touch()
    with pytest.raises(Ended, match="same name in the result"):
        names([tree / "a.jpg", tree / "b" / "a.jpg"], tmp_path)
    for paths, out in (([tree], tree), ([tree / "a.jpg"], tree), ([tree / "b" / "c.PNG"], tree / "b")):
        with pytest.raises(Ended, match="would replace its original"):
            names(paths, out)


def stamp(one: Input) -> tuple[int, int]:
    return one.size, one.mtime_ns


def test_a_journal_remembers_whatever_cut_it_off(tree: Path, tmp_path: Path) -> None:
    one, other = collect([tree], tree / "filtered", is_picture, False).files
    with Journal(tmp_path / "out", BLUR) as journal:
        key = journal.state.key
        journal.workload("w")
        journal.sent(one, "w-1")
        journal.saved("w-1-filtered", "a.jpg")
        journal.refused(other, "no picture")
        journal.failed("w-1", "broken")
    with journal.path.open("a") as stream:
        stream.write('{"what": "saved", "ima')
    for _ in range(2):  # what comes after a line that was cut off is not lost
        with Journal(tmp_path / "out", BLUR) as again:
            state = again.state
            again.saved("w-2-filtered", "b.jpg")
    assert (state.key, state.workload, state.finished) == (key, "w", False)
    assert state.sent == {one.name: (*stamp(one), "w-1")}
    assert state.refused == {other.name: (*stamp(other), "no picture")}
    assert state.saved == {"w-1-filtered": "a.jpg", "w-2-filtered": "b.jpg"}
    assert state.failed == {"w-1": "broken"}


def test_a_run_that_did_nothing_binds_nobody(tmp_path: Path) -> None:
    Journal(tmp_path, Order("blurr")).close()
    with Journal(tmp_path, BLUR) as journal:
        assert journal.state.workload is None


def test_a_folder_is_one_runs_and_one_filters(tmp_path: Path) -> None:
    with Journal(tmp_path, BLUR) as journal:
        journal.workload("w")
        with pytest.raises(Ended, match="another dpip run writes"):
            Journal(tmp_path, BLUR)
    with pytest.raises(Ended, match=r"another filter \(blur\)"):
        Journal(tmp_path, Order("sepia"))
    with Journal(tmp_path, Order("sepia"), afresh=True) as fresh:
        assert fresh.state.workload is None
        assert fresh.state.key != journal.state.key


def image(image_id: str, data: bytes) -> Image:
    sha = hashlib.sha256(data).hexdigest()
    return Image(image_id, "w", "original", None, None, "png", 1, 1, len(data), sha, "done", None, {})


def test_nothing_is_uploaded_twice(tree: Path, tmp_path: Path) -> None:
    for number in range(5):
        (tree / f"{number}.png").write_bytes(b"%d" % number)
    files = [Input.of(f"{number}.png", tree / f"{number}.png") for number in range(5)]
    with Journal(tmp_path / "out", BLUR) as journal:
        journal.sent(files[0], "w-0")
        journal.sent(files[1], "w-1")
        journal.refused(files[2], "no")
        there = [image("w-0", b"0"), image("w-1", b"1"), image("w-3", b"3")]
        plan = todo(files, journal.state, there, hash_of)
        assert [one.name for one in plan.upload] == ["4.png"]
        assert [(one.name, image_id) for one, image_id in plan.adopted] == [("3.png", "w-3")]
        assert [one.name for one, _ in plan.refused] == ["2.png"]
        assert set(plan.known) == {"w-0", "w-1", "w-3"}

        os.utime(files[0].path)  # touched, and the same
        files[1].path.write_bytes(b"other")  # changed
        changed = [Input.of(one.name, one.path) for one in files]
        plan = todo(changed, journal.state, there, hash_of)
        assert [one.name for one in plan.upload] == ["1.png", "4.png"]


def keyed(files: Sequence[Input]) -> str:
    return " ".join(f"{one.name}:{one.mtime_ns}" for one in files)


def test_requests_without_an_answer_are_repeated_as_they_were(tree: Path, tmp_path: Path) -> None:
    for number in range(6):
        (tree / f"{number}.png").write_bytes(b"%d" % number)
    files = [Input.of(f"{number}.png", tree / f"{number}.png") for number in range(6)]
    answered, half, changed = files[:2], files[2:4], files[4:]
    with Journal(tmp_path / "out", BLUR) as journal:
        for batch in (answered, half, changed):
            journal.sending(keyed(batch), batch, 1000.0)
        journal.sent(files[0], "w-0")
        journal.refused(files[1], "no picture")
        journal.sent(files[2], "w-2")
    os.utime(files[4].path, ns=(1, 1))
    now = [Input.of(one.name, one.path) for one in files]
    with Journal(tmp_path / "out", BLUR) as again:
        assert unanswered(now, again.state, keyed, 1010.0) == [half]
        assert unanswered(now[:3], again.state, keyed, 1010.0) == [], "one of its files is gone"
        assert unanswered(now, again.state, keyed, 9999.0) == [], "its key may be forgotten by now"


@pytest.mark.parametrize(
    ("name", "output", "extension", "target"),
    [
        ("b/c.PNG", None, ".png", "b/c.PNG"),
        ("a.jpeg", "filtered", ".jpg", "a.jpeg"),
        ("a.jpg", "filtered", ".png", "a.png"),
        ("b/a.tiff", "small", ".tif", "small/b/a.tiff"),
        ("noending", None, ".jpg", "noending.jpg"),
    ],
)
def test_results_are_called_as_their_originals(
    name: str, output: str | None, extension: str, target: str
) -> None:
    assert target_name(Input(name, Path(name), 1, 1), output, extension, canonical_name) == target


def test_the_summary_says_what_came_of_it_and_why_not() -> None:
    tally = Tally(
        3, saved=2, saved_before=1, seconds=2.0, bad={"x\x1b.jpg": "cut off"}, notes={"8 bits now": 2}
    )
    assert summary(tally, Path("out")) == (
        "2 results of 3 pictures saved in out, 1 of them before in 2.0 s (0.5/s)\n"
        "2 results: 8 bits now\n"
        "1 picture failed:\n"
        "  x\\x1b.jpg: cut off\n"
    )
