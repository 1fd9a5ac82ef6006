"""Bytes without a row go, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.sweeper import Kept, Sweeper, Swept
from datastore import Datastore
from dpip.domain import ImageFacts, Needs, Placement, Role, StoredImage, Success, User, Workload
from dpip.domain import Outcome as JobOutcome
from dpip.ids import copy_extension, filtered_id, original_id, original_key, result_key, time_ordered_id
from dpip.lifecycle import Stop
from dpip.ports import NewOriginal
from storage import FolderStore, MemoryStore
from tests.controller.fakes import FakeClock

GRACE_S = 3600.0
FACTS = ImageFacts("jpeg", 4, 3, 6, "00")


class Images:
    """A store and a datastore with one workload in them."""

    def __init__(self, datastore: Datastore, clock: FakeClock) -> None:
        self.datastore = datastore
        self.clock = clock
        self.store = MemoryStore(clock=clock)
        datastore.accounts.add_user(User("u1", "ada", "hash", Role.USER))
        self.workload = datastore.catalog.create_workload(
            Workload(time_ordered_id(clock()), "holiday", "u1", "grayscale", (), clock())
        )

    def upload(self) -> StoredImage:
        return self.datastore.catalog.add_original(
            NewOriginal(self.workload.id, "a.jpg", "jpg", FACTS, Needs(1.0, 1)),
            lambda key: self.store.put(key, b"pixels"),
            self.clock(),
        )

    def claim(self, image: StoredImage) -> int:
        epoch = self.datastore.leadership.take("scheduler", self.clock(), self.clock() + 60)
        assert epoch is not None
        (claimed,) = self.datastore.queue.claim(
            [Placement(image.id, "worker-1", "test")], epoch, self.clock(), self.clock() + 60
        )
        return claimed.attempt

    def sweeper(self) -> Sweeper:
        return Sweeper(self.store, self.datastore.catalog, self.datastore.queue, GRACE_S, self.clock)

    def sweep(self) -> Swept:
        return self.sweeper().sweep(Stop())

    def keys(self) -> set[str]:
        return {entry.key for entry in self.store.entries()}


@pytest.fixture
def images(datastore: Datastore, clock: FakeClock) -> Images:
    return Images(datastore, clock)


def orphan_keys(clock: FakeClock) -> list[str]:
    original = original_id(time_ordered_id(clock()), 1)
    return [
        original_key("holiday", original, "jpg"),
        result_key("holiday", original, 1, "jpg"),
        result_key("holiday photos é", original, 12, "tif"),
        result_key("holiday", original, 1, "webp", "small"),
        result_key("holiday", original, 2, "webp", "1_large-x"),
        result_key("holiday", original, 1, copy_extension("jpg")),
        result_key("holiday", original, 3, copy_extension("webp"), "small"),
    ]


def test_bytes_without_a_row_go_when_they_are_old(images: Images) -> None:
    kept = images.upload()
    for key in orphan_keys(images.clock):
        images.store.put(key, b"nobody's")
    assert images.sweep() == Swept(0, 0)
    images.clock.advance(GRACE_S + 1)
    young = orphan_keys(images.clock)[0]
    images.store.put(young, b"perhaps its row is on its way")
    assert images.sweep() == Swept(0, 7)
    assert images.keys() == {kept.key, young}
    assert images.datastore.catalog.image(kept.id, None) == kept


def test_originals_and_results_that_have_rows_stay(images: Images) -> None:
    image = images.upload()
    attempt = images.claim(image)
    key = result_key("holiday", image.id, attempt, "jpg")
    images.store.put(key, b"result")
    outcome = JobOutcome(image.id, attempt, "worker-1", Success(key, FACTS))
    assert images.datastore.queue.finish([outcome], images.clock(), 3) == (True,)
    images.clock.advance(10 * GRACE_S)
    assert images.sweep() == Swept(0, 0)
    assert images.keys() == {image.key, key}
    assert images.datastore.catalog.image(filtered_id(image.id), None) is not None


def test_a_result_that_may_still_be_committed_stays_until_its_attempt_is_over(images: Images) -> None:
    """Its scheduler may have been stopped for hours, and go on: a row must never point at nothing."""
    image = images.upload()
    attempt = images.claim(image)
    key = result_key("holiday", image.id, attempt, "jpg")
    images.store.put(key, b"result")
    images.clock.advance(10 * GRACE_S)
    assert images.sweep() == Swept(0, 0)
    assert images.keys() == {image.key, key}

    images.datastore.queue.release([(image.id, attempt)], died=True, now=images.clock())
    assert images.sweep() == Swept(0, 1)
    assert images.keys() == {image.key}


def test_what_dpip_did_not_name_is_not_its_to_remove(images: Images) -> None:
    theirs = {
        "albums/summer.jpg",
        "holiday/README.txt",
        "holiday/0123-filtered.jpg",
        "x/photo-0000000001.jpg",
    }
    for key in theirs:
        images.store.put(key, b"somebody's own photograph")
    images.clock.advance(10 * GRACE_S)
    assert images.sweep() == Swept(0, 0)
    assert images.keys() == theirs


def test_unfinished_uploads_go(images: Images) -> None:
    images.store.begin().write(b"half")
    assert images.sweep() == Swept(0, 0)
    images.clock.advance(GRACE_S + 1)
    assert images.sweep() == Swept(1, 0)


def test_a_large_store_is_swept_in_pieces_and_stops_when_asked(images: Images) -> None:
    workload = time_ordered_id(images.clock())
    for seq in range(1, 1203):
        images.store.put(original_key("gone", original_id(workload, seq), "png"), b"x")
    images.clock.advance(GRACE_S + 1)
    stop = Stop()
    stop.request("test")
    sweeper = Sweeper(images.store, images.datastore.catalog, images.datastore.queue, GRACE_S, images.clock)
    assert sweeper.sweep(stop) == Swept(0, 0)
    assert images.sweep() == Swept(0, 1202)
    assert images.keys() == set()


def test_a_folder_is_swept_too(datastore: Datastore, clock: FakeClock, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "images", clock=clock)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "README.md").write_text("about this folder")
    store.put(orphan_keys(clock)[0], b"nobody's")
    clock.now = (tmp_path / "images" / "holiday").stat().st_mtime + GRACE_S + 1
    swept = Sweeper(store, datastore.catalog, datastore.queue, GRACE_S, clock).sweep(Stop())
    assert swept == Swept(0, 1)
    assert sorted(path.name for path in (tmp_path / "images").iterdir()) == [".incoming", "README.md"]


def test_it_knows_what_it_saw_once_it_was_through(images: Images) -> None:
    for _ in range(2):
        images.upload()
    sweeper, stop = images.sweeper(), Stop()
    assert sweeper.kept is None
    stop.request("half-way")
    sweeper.sweep(stop)
    assert sweeper.kept is None
    sweeper.sweep(Stop())
    assert sweeper.kept == Kept(2 * len(b"pixels"), 2)
