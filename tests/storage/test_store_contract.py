"""What every image store promises (`dpip.ports.ImageStore`)."""

from __future__ import annotations

import hashlib
import threading
import time

import pytest

from dpip.errors import MissingBytes
from dpip.ports import ImageStore

BAD_KEYS = [
    "",
    "photo.png",
    "/photo.png",
    "holiday/",
    "/etc/passwd",
    "../holiday/photo.png",
    "holiday/../photo.png",
    "holiday/..",
    "./photo.png",
    ".hidden/photo.png",
    "holiday/.hidden",
    "holiday/deep/photo.png",
    "holiday/photo\0.png",
    "holiday/photo\n.png",
    "holiday\\..\\photo/x.png",
    "holiday/" + "x" * 256,
    "holiday/\udcff.png",
]


def keys_of(store: ImageStore) -> list[str]:
    return sorted(entry.key for entry in store.entries())


def test_what_was_put_is_got_and_listed(store: ImageStore) -> None:
    before = time.time() - 1
    store.put("holiday photos é/a.png", b"pixels")
    assert store.get("holiday photos é/a.png") == b"pixels"
    (entry,) = store.entries()
    assert (entry.key, entry.size_bytes) == ("holiday photos é/a.png", 6)
    assert before < entry.modified_at < time.time() + 1


def test_an_empty_store_lists_nothing_and_sweeps_nothing(store: ImageStore) -> None:
    assert keys_of(store) == []
    assert store.sweep_unfinished(0) == 0
    store.delete(["holiday/a.png"])


@pytest.mark.parametrize("key", ["holiday/a.png", "other/a.png"])
def test_missing_bytes_are_said_to_be_missing(store: ImageStore, key: str) -> None:
    store.put("holiday/b.png", b"x")
    with pytest.raises(MissingBytes, match=key):
        store.get(key)
    with pytest.raises(MissingBytes, match=key):
        store.local_path(key)


def test_a_local_path_holds_the_bytes(store: ImageStore) -> None:
    store.put("holiday/a.png", b"pixels")
    path = store.local_path("holiday/a.png")
    assert path is None or path.read_bytes() == b"pixels"


def test_an_upload_is_seen_by_nobody_before_commit(store: ImageStore) -> None:
    upload = store.begin()
    assert upload.write(b"one, ") == 5
    assert upload.write(bytearray(b"two, ")) == 5
    assert upload.write(memoryview(b"three")) == 5
    assert upload.size_bytes == 15
    assert upload.sha256 == hashlib.sha256(b"one, two, three").hexdigest()
    with upload.reader() as reader:
        assert reader.read(3) == b"one"
    assert keys_of(store) == []

    upload.commit("holiday/a.txt")
    upload.abort()  # does nothing any more
    assert store.get("holiday/a.txt") == b"one, two, three"
    assert keys_of(store) == ["holiday/a.txt"]
    assert store.sweep_unfinished(0) == 0


def test_an_aborted_upload_leaves_nothing(store: ImageStore) -> None:
    upload = store.begin()
    upload.write(b"never mind")
    upload.abort()
    upload.abort()
    assert keys_of(store) == []
    assert store.sweep_unfinished(0) == 0


def test_uploads_that_nobody_finished_are_swept_when_they_are_old(store: ImageStore) -> None:
    upload = store.begin()
    upload.write(b"the process died here")
    assert store.sweep_unfinished(older_than_s=3600) == 0
    assert store.sweep_unfinished(older_than_s=0) == 1
    assert store.sweep_unfinished(older_than_s=0) == 0
    upload.abort()


def test_an_empty_image_is_an_image(store: ImageStore) -> None:
    store.put("holiday/a.png", b"")
    assert store.get("holiday/a.png") == b""


def test_delete_removes_what_is_there_and_no_more(store: ImageStore) -> None:
    for key in ("a/1.png", "a/2.png", "b/1.png"):
        store.put(key, b"x")
    store.delete(["a/1.png", "b/1.png", "b/2.png", "c/1.png"])
    assert keys_of(store) == ["a/2.png"]


def test_a_deleted_directory_can_be_filled_again(store: ImageStore) -> None:
    store.put("a/1.png", b"old")
    store.delete(["a/1.png"])
    store.put("a/1.png", b"new")
    assert store.get("a/1.png") == b"new"


@pytest.mark.parametrize("key", BAD_KEYS)
def test_what_is_no_key_is_refused(store: ImageStore, key: str) -> None:
    with pytest.raises(ValueError, match="is not a key"):
        store.put(key, b"x")
    with pytest.raises(ValueError, match="is not a key"):
        store.get(key)
    upload = store.begin()
    with pytest.raises(ValueError, match="is not a key"):
        upload.commit(key)
    upload.abort()
    assert keys_of(store) == []
    assert store.sweep_unfinished(0) == 0


def test_many_threads_store_and_delete_side_by_side(store: ImageStore) -> None:
    """Directories vanish as they empty while others store into them: nothing is lost."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(30):
                store.put(f"shared/{number}-{turn}.png", b"%d" % turn)
                assert store.get(f"shared/{number}-{turn}.png") == b"%d" % turn
                store.delete([f"shared/{number}-{turn}.png"])
            store.put(f"shared/{number}.png", b"kept")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert keys_of(store) == [f"shared/{number}.png" for number in range(6)]
    assert store.sweep_unfinished(0) == 0
