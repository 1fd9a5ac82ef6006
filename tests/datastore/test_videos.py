"""What `dpip.ports.Videos` promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from datastore import Datastore
from dpip import ids
from dpip.domain import (
    Failure,
    ImageFacts,
    ImageKind,
    Needs,
    Quota,
    Role,
    Usage,
    User,
    VideoFacts,
    VideoState,
    Workload,
)
from dpip.errors import Conflict, Fenced, OverQuota
from dpip.ports import NewOriginal, NewVideo
from tests.datastore.making import LEASE, NOW, claim_next, failure, lead, success

FACTS = VideoFacts("mp4", "h264", 640, 360, 90, "30000/1001", 10.0, 300, ("aac",), ("no subtitles",))
NEW = NewVideo("a.mp4", "mp4", 1000, "cd" * 32, FACTS, "mkv")
FRAME_FACTS = ImageFacts("pnm", 360, 640, 691_215, "ef" * 32)
RESULT = ImageFacts("mkv", 640, 360, 777, "01" * 32)
BROKEN = Failure("unreadable", "frame 3 could not be filtered: no")


def nowhere(_key: str) -> None:
    """Bytes that are placed nowhere."""


def film(store: Datastore, name: str = "film", owner: str = "ann", now: float = NOW) -> Workload:
    workload = Workload(ids.time_ordered_id(now), name, owner, "grayscale", (), now)
    return store.videos.create(workload, NEW, nowhere)


def frames(store: Datastore, workload: Workload, attempt: int, count: int, now: float = NOW) -> list[str]:
    new = [
        NewOriginal(workload.id, f"frame-{n}.ppm", "ppm", FRAME_FACTS, Needs(0.23, 1)) for n in range(count)
    ]
    return [one.id for one in store.videos.add_frames(workload.id, attempt, new, [nowhere] * count, now)]


def state(store: Datastore, workload: Workload) -> VideoState:
    video = store.videos.video(workload.id)
    assert video is not None
    return video.state


def test_what_is_created_is_shown_and_claimed_once(store: Datastore) -> None:
    placed: list[str] = []
    workload = Workload(ids.time_ordered_id(NOW), "film", "ann", "grayscale", ("gpu",), NOW)
    store.videos.create(workload, NEW, placed.append)
    video = store.videos.video(workload.id)
    assert video is not None
    assert (video.name, video.facts, video.target, video.state) == ("a.mp4", FACTS, "mkv", VideoState.WAITING)
    assert store.videos.video("nobody's") is None
    claimed = store.videos.claim(NOW, LEASE)
    assert claimed is not None
    assert (claimed.video.id, claimed.attempt, claimed.leftovers) == (workload.id, 1, ())
    assert claimed.workload.tags == ("gpu",)
    assert [claimed.key] == placed
    assert state(store, workload) is VideoState.RUNNING
    assert store.videos.claim(NOW, LEASE) is None, "nobody else gets it while the lease runs"


def test_a_name_is_taken_once_and_leaves_nothing(store: Datastore) -> None:
    film(store)
    with pytest.raises(Conflict):
        film(store)
    assert len(store.videos.videos(None).items) == 1


def test_the_upload_counts_on_its_owners_quota_and_frames_do_not(store: Datastore) -> None:
    store.accounts.add_user(User("u1", "ann", "x", Role.USER, quota=Quota(1500, None)))
    workload = film(store, owner="u1")
    assert store.videos.claim(NOW, LEASE)
    frames(store, workload, 1, 4)
    user = store.accounts.find_user("ann")
    assert user is not None
    assert (user.used.bytes, user.used.images) == (1000, 1)
    with pytest.raises(OverQuota):
        film(store, "second", owner="u1")
    store.catalog.delete_workload(workload.id)
    user = store.accounts.find_user("ann")
    assert user is not None
    assert user.used == Usage()


def test_frames_go_out_as_jobs_and_come_back_in_the_end(store: Datastore) -> None:
    workload = film(store)
    claimed = store.videos.claim(NOW, LEASE)
    assert claimed is not None
    some = frames(store, workload, 1, 3)
    assert some == sorted(some), "they sort in the order of the film"
    good, bad, _ = claim_next(store, lead(store), 3)
    store.queue.finish([success(good), failure(bad)], NOW, 5)
    ended = store.videos.ended_frames(workload.id)
    result = ended[good.job.id]
    assert isinstance(result, str)
    assert ended[bad.job.id] == Failure("unreadable", "the file ends too early")
    assert set(ended) == {good.job.id, bad.job.id}
    gone = store.videos.drop_frames(workload.id, 1, [good.job.id])
    assert result in gone
    assert len(gone) == 2, "the frame and its result"
    video = store.videos.video(workload.id)
    assert video is not None
    assert (video.frames_split, video.frames_joined) == (3, 1)
    assert good.job.id not in store.videos.ended_frames(workload.id)


def test_a_result_that_comes_late_is_refused(store: Datastore) -> None:
    workload = film(store)
    assert store.videos.claim(NOW, LEASE)
    frames(store, workload, 1, 2)
    late, _ = claim_next(store, lead(store), 2)
    store.videos.drop_frames(workload.id, 1, [late.job.id])
    assert store.queue.finish([success(late)], NOW, 5) == (False,)


def test_a_lease_that_ran_out_makes_another_attempt_and_fences_the_old_one(store: Datastore) -> None:
    workload = film(store)
    assert store.videos.claim(NOW, NOW + 10)
    some = frames(store, workload, 1, 2)
    store.videos.renew(workload.id, 1, NOW + 20)
    assert store.videos.claim(NOW + 15, NOW + 30) is None
    again = store.videos.claim(NOW + 21, NOW + 40)
    assert again is not None
    assert (again.attempt, len(again.leftovers)) == (2, 2)
    assert again.video.frames_split == 0
    old: list[Callable[[], object]] = [
        lambda: store.videos.renew(workload.id, 1, LEASE),
        lambda: store.videos.release(workload.id, 1, NOW),
        lambda: frames(store, workload, 1, 1),
        lambda: store.videos.drop_frames(workload.id, 1, some),
        lambda: store.videos.fail(workload.id, 1, BROKEN, NOW),
        lambda: store.videos.finish(workload.id, 1, RESULT, nowhere, NOW),
    ]
    for step in old:
        with pytest.raises(Fenced):
            step()
    assert frames(store, workload, 2, 1)[0] > some[-1], "no frame's id is used twice"


def test_a_finished_one_is_one_image_with_its_notes(store: Datastore) -> None:
    workload = film(store)
    assert store.videos.claim(NOW, LEASE)
    placed: list[str] = []
    store.videos.finish(workload.id, 1, RESULT, placed.append, NOW + 5, ["the sound is Opus now"])
    video = store.videos.video(workload.id)
    assert video is not None
    assert (video.state, video.finished_at) == (VideoState.DONE, NOW + 5)
    assert video.facts.notes == ("no subtitles", "the sound is Opus now")
    image = store.catalog.image(ids.filtered_id(ids.original_id(workload.id, 0)), "ann")
    assert image is not None
    assert (image.kind, image.facts, [image.key]) == (ImageKind.FILTERED_VIDEO, RESULT, placed)
    assert store.videos.claim(NOW + 99, LEASE) is None


def test_one_that_could_not_be_placed_is_not_finished(store: Datastore) -> None:
    workload = film(store)
    assert store.videos.claim(NOW, LEASE)

    def full(_key: str) -> None:
        raise OSError(28, "no space left")

    with pytest.raises(OSError, match="no space"):
        store.videos.finish(workload.id, 1, RESULT, full, NOW)
    assert state(store, workload) is VideoState.RUNNING


def test_a_failed_one_says_why_and_is_tried_again_when_asked(store: Datastore) -> None:
    workload = film(store)
    assert store.videos.claim(NOW, LEASE)
    frames(store, workload, 1, 2)
    assert not store.videos.again(workload.id, NOW)
    store.videos.fail(workload.id, 1, BROKEN, NOW)
    video = store.videos.video(workload.id)
    assert video is not None
    assert (video.state, video.failure) == (VideoState.FAILED, BROKEN)
    assert len(store.videos.tidy()) == 2
    assert store.videos.tidy() == ()
    assert store.videos.again(workload.id, NOW + 1)
    claimed = store.videos.claim(NOW + 2, LEASE)
    assert claimed is not None
    assert (claimed.attempt, claimed.video.failure) == (2, None)


def test_cancelling_ends_it_and_resuming_begins_it_anew(store: Datastore) -> None:
    workload = film(store)
    assert store.videos.claim(NOW, LEASE)
    frames(store, workload, 1, 2)
    store.catalog.cancel_workload(workload.id, NOW)
    with pytest.raises(Fenced):
        store.videos.renew(workload.id, 1, LEASE)
    assert state(store, workload) is VideoState.CANCELLED
    assert len(store.videos.tidy()) == 2
    assert store.videos.claim(NOW, LEASE) is None
    store.catalog.resume_workload(workload.id, NOW)
    claimed = store.videos.claim(NOW, LEASE)
    assert claimed is not None
    assert claimed.attempt == 2


def test_released_ones_wait_behind_the_others(store: Datastore) -> None:
    first, second = film(store, "first", now=NOW), film(store, "second", now=NOW + 1)
    assert store.videos.claim(NOW + 2, LEASE)
    store.videos.release(first.id, 1, NOW + 3)
    claimed = [store.videos.claim(NOW + 4, LEASE) for _ in range(2)]
    assert [one.video.id for one in claimed if one] == [second.id, first.id]


def test_pages_newest_first_of_one_owner(store: Datastore) -> None:
    made = [film(store, f"film {n}", now=NOW + n).id for n in range(3)]
    film(store, "bob's", owner="bob", now=NOW + 9)
    page = store.videos.videos("ann", limit=2)
    assert [one.id for one in page.items] == made[:0:-1]
    rest = store.videos.videos("ann", limit=2, after=page.next)
    assert [one.id for one in rest.items] == made[:1]
    assert rest.next is None


def test_many_claim_and_each_gets_another(store: Datastore) -> None:
    made = {film(store, f"film {n}", now=NOW + n).id for n in range(6)}
    with ThreadPoolExecutor(6) as pool:
        claimed = list(pool.map(lambda _: store.videos.claim(NOW + 10, LEASE), range(6)))
    got = [one.video.id for one in claimed if one is not None]
    while (one := store.videos.claim(NOW + 10, LEASE)) is not None:  # who lost a race went away with nothing
        got.append(one.video.id)
    assert sorted(got) == sorted(made)


def test_a_deleted_one_fences_its_attempt(store: Datastore) -> None:
    workload = film(store)
    assert store.videos.claim(NOW, LEASE)
    frames(store, workload, 1, 1)
    store.catalog.delete_workload(workload.id)
    with pytest.raises(Fenced):
        store.videos.finish(workload.id, 1, replace(RESULT), nowhere, NOW)
    assert store.videos.video(workload.id) is None
