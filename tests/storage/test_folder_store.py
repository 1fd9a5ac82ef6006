"""What a folder store promises beyond the port: durability, privacy, and full disks."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from dpip.errors import ConfigError, NotReady, StorageFull
from storage import FolderStore, MemoryStore, open_store, shared_folder, shares
from storage.folder import RESERVE_PART

MIB = 1 << 20


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "images"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_only_the_owner_reads_it(root: Path) -> None:
    before = os.umask(0)
    try:
        FolderStore(root).put("holiday/a.png", b"private")
    finally:
        os.umask(before)
    assert mode(root / "holiday" / "a.png") == 0o600
    assert mode(root) == mode(root / "holiday") == mode(root / ".incoming") == 0o700


def test_nothing_is_made_before_the_first_upload(root: Path) -> None:
    store = FolderStore(root)
    assert list(store.entries()) == []
    assert not root.exists()


def test_an_emptied_directory_goes_but_a_full_one_stays(root: Path) -> None:
    store = FolderStore(root)
    store.put("a/1.png", b"x")
    store.put("b/1.png", b"x")
    (root / "b" / "notes.txt").write_text("mine")
    store.delete(["a/1.png", "b/1.png"])
    assert not (root / "a").exists()
    assert (root / "b" / "notes.txt").exists()


def test_what_is_not_an_image_of_a_workload_is_no_entry(root: Path, tmp_path: Path) -> None:
    store = FolderStore(root)
    store.put("a/1.png", b"x")
    store.mark()
    unfinished = store.begin()
    (root / "README.md").write_text("about this folder")
    (root / "a" / ".hidden").write_text("x")
    (root / "a" / "deeper").mkdir()
    (root / "a" / "link.png").symlink_to(tmp_path)
    (root / "elsewhere").symlink_to(tmp_path)
    assert [entry.key for entry in store.entries()] == ["a/1.png"]
    unfinished.abort()


def test_age_counts_from_the_commit_not_from_the_last_byte(root: Path) -> None:
    upload = FolderStore(root).begin()
    upload.write(b"slow")
    os.utime(next((root / ".incoming").iterdir()), (1, 1))
    upload.commit("a/1.png")
    assert (root / "a" / "1.png").stat().st_mtime > 1


def test_a_store_that_flushes_has_the_bytes_on_disk_before_the_name_and_the_name_before_the_answer(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    fsync, rename = os.fsync, os.rename

    def spy_fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        events.append("file" if path.parent.name == ".incoming" else f"folder {path.name}")
        fsync(descriptor)

    def spy_rename(source: str, target: str) -> None:
        rename(source, target)
        events.append("rename")

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(os, "rename", spy_rename)
    FolderStore(root, flush=True).put("a/1.png", b"x")
    assert events == ["file", "rename", "folder a", "folder images"]
    events.clear()
    FolderStore(root).put("a/2.png", b"x")
    assert events == ["rename"], "a store that was not asked to waits for no disk"


def test_a_full_disk_is_said_and_leaves_nothing(small_disk: Path) -> None:
    store = FolderStore(small_disk)
    store.put("a/1.png", bytes(MIB // 4))
    with pytest.raises(StorageFull, match="full"):
        store.put("a/2.png", bytes(MIB))
    assert files(small_disk) == ["a/1.png"]
    store.put("a/2.png", bytes(MIB // 4))  # and what fits still goes in


def fill(store: FolderStore, numbers: Iterable[int]) -> None:
    for number in numbers:
        store.put(f"a/{number}.png", bytes(4096))


def test_the_last_part_of_a_disk_is_left_for_others(small_disk: Path) -> None:
    store = FolderStore(small_disk)
    with pytest.raises(StorageFull, match="for the database"):
        fill(store, range(MIB))
    disk = os.statvfs(small_disk)
    assert 0.9 * RESERVE_PART < disk.f_bavail / disk.f_blocks < RESERVE_PART
    store.delete(["a/0.png", "a/1.png"])
    store.put("a/0.png", bytes(4096))


def test_an_upload_that_fills_the_disk_can_be_aborted(small_disk: Path) -> None:
    store = FolderStore(small_disk)
    upload = store.begin()
    with pytest.raises(StorageFull):
        upload.write(bytes(4 * MIB))
    assert 0 < upload.size_bytes <= MIB
    upload.abort()
    assert files(small_disk) == []


def test_a_folder_that_cannot_be_used_is_not_ready_rather_than_full(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotReady, match="cannot be used"):
        FolderStore(tmp_path / "file" / "images").begin()


def test_an_upload_swept_under_its_writer_is_refused_not_half_kept(root: Path) -> None:
    store = FolderStore(root)
    upload = store.begin()
    upload.write(b"x")
    assert store.sweep_unfinished(0) == 1
    with pytest.raises(NotReady, match="send it again"):
        upload.commit("a/1.png")
    assert list(store.entries()) == []


def test_a_process_killed_while_it_uploads_leaves_no_visible_file(root: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from storage import FolderStore\n"
        "upload = FolderStore(Path(sys.argv[1])).begin()\n"
        "upload.write(b'half of a picture')\n"
        "print('written', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    store = FolderStore(root)
    assert list(store.entries()) == []
    assert len(list((root / ".incoming").iterdir())) == 1
    assert store.sweep_unfinished(older_than_s=0) == 1
    assert files(root) == []


def test_processes_find_out_whether_they_share_a_folder(root: Path, tmp_path: Path) -> None:
    store = FolderStore(root)
    known = shared_folder(store)
    assert known is not None
    assert known == shared_folder(FolderStore(root))
    assert shares(known.folder, known.mark)
    assert not shares(str(tmp_path / "elsewhere"), known.mark)
    assert not shares(known.folder, "another mark")
    other = FolderStore(tmp_path / "other")
    assert other.mark() != known.mark
    assert not shares(str(other.root), known.mark)
    assert shared_folder(MemoryStore()) is None


def test_an_empty_mark_is_no_mark(root: Path) -> None:
    root.mkdir()
    (root / ".store-mark").write_text("")
    assert not shares(str(root), "")


def test_open_store_takes_paths_and_file_urls(root: Path) -> None:
    for location in (str(root), f"file://{root}", f"file://localhost{root}"):
        store = open_store(location)
        assert isinstance(store, FolderStore)
        assert store.root == root
    spaced = open_store(f"file://{root}%20two")
    assert isinstance(spaced, FolderStore)
    assert spaced.root == Path(f"{root} two")
    assert not root.exists()


@pytest.mark.parametrize(
    "location",
    ["", " ", "s3://bucket/x", "http://host/x", "file://host/x", "file://relative", "file:///x?y=1"],
)
def test_open_store_names_what_works(location: str) -> None:
    with pytest.raises(ConfigError, match=r"say a folder .* or a file URL"):
        open_store(location)


def test_open_store_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="not a folder"):
        open_store(str(tmp_path / "file"))


def test_unfinished_files_of_several_stores_and_processes_have_names_of_their_own(tmp_path: Path) -> None:
    def forked(store: FolderStore) -> int:
        """A store that was opened before the fork is used on both sides of it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # there are threads: the child uses none
            child = os.fork()
        if not child:
            store.begin()
            os._exit(0)
        return os.waitpid(child, 0)[1]

    root = tmp_path / "images"
    one, other = FolderStore(root), FolderStore(root)
    uploads = [store.begin() for store in (one, other, one)]
    assert forked(one) == 0
    assert len(list((root / ".incoming").iterdir())) == 4
    for upload in uploads:
        upload.abort()
