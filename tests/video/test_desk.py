"""Videos through the desk, with the real datastore, store and children; workers are a thread that filters."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from datastore import Datastore, open_datastore
from dpip import ids
from dpip.domain import Failure, Video, VideoState, Workload
from dpip.lifecycle import Stop
from dpip.ports import NewVideo
from film import VideoLimits, probe, sniff
from imaging import Limits
from storage.folder import FolderStore
from tests.film.films import Content, Kind, content, make
from tests.telemetry.told import Told
from tests.video.hands import Hands
from video.attempt import Terms, Tools
from video.desk import Desk

COUNT = 24
SMALL = Kind(width=160, height=96)
WITHIN_S = 120.0
LEASE_S = 5.0


class Silent:
    def announce(self, topic: str, body: dict[str, str]) -> None:
        """Nobody listens."""


class Studio:
    """A datastore, a store, and desks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.datastore: Datastore = open_datastore(f"sqlite:///{folder}/dpip.sqlite3")
        self.store = FolderStore(folder / "images")
        self.told = Told()

    def desk(self, stop: Stop, *, frames: int = 8) -> Desk:
        tools = Tools(self.datastore.videos, self.store, Silent(), time.time, self.told)
        scratch = self.folder / "scratch"
        return Desk(tools, Terms(Limits(), VideoLimits(), frames, 2**30, LEASE_S, scratch), 1, stop)

    def keep(self, file: Path, pipeline: str = "grayscale") -> str:
        data = file.read_bytes()
        format_ = sniff(data[:4096]).name
        new = NewVideo(
            file.name,
            format_,
            len(data),
            hashlib.sha256(data).hexdigest(),
            probe(file, format_, VideoLimits()),
            "mp4",
        )
        workload = Workload(ids.time_ordered_id(time.time()), "film", "ann", pipeline, (), time.time())
        self.datastore.videos.create(workload, new, lambda key: self.store.put(key, data))
        return workload.id

    def video(self, video_id: str) -> Video:
        found = self.datastore.videos.video(video_id)
        assert found is not None
        return found

    def result(self, video_id: str) -> Content:
        image = self.datastore.catalog.image(ids.filtered_id(ids.original_id(video_id, 0)), None)
        assert image is not None
        return content(self.store.local_path(image.key))

    def kept(self) -> int:
        return sum(1 for _ in self.store.entries())


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    made = Studio(tmp_path)
    with made.datastore:
        yield made


def until(desk: Desk, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not done():
        assert time.monotonic() < deadline, "it never came"
        desk.look()
        desk.wait(0.05)


def run(studio: Studio, video_id: str, hands: Hands, *, frames: int = 8) -> Video:
    """Until the video has ended."""
    stop = Stop()
    desk = studio.desk(stop, frames=frames)
    over = {VideoState.DONE, VideoState.FAILED, VideoState.CANCELLED}
    with hands:
        until(desk, lambda: studio.video(video_id).state in over)
        desk.join(WITHIN_S)
        desk.look()  # it tidies up
    stop.request("the test is over")
    assert not list((studio.folder / "scratch").glob("*"))
    return studio.video(video_id)


def test_frames_come_back_in_order_within_the_window(studio: Studio) -> None:
    source = make(studio.folder, COUNT, SMALL)
    video_id = studio.keep(source)
    hands = Hands(studio.datastore, studio.store)
    assert run(studio, video_id, hands, frames=6).state is VideoState.DONE
    came = studio.result(video_id)
    assert came.numbers == list(range(COUNT))
    assert came.sound == content(source).sound
    assert 0 < hands.most_waiting <= 6
    assert studio.kept() == 2, "the upload and the new video; frames and their results are gone"
    frames = [ids.original_id(video_id, number) for number in range(1, COUNT + 1)]
    assert [(step.image_id, step.name, step.within) for step in studio.told.steps] == [
        (frame, "upload", None) for frame in frames
    ], "with which the journeys begin that the workers go on with"


def test_a_frame_that_fails_fails_the_video_by_its_number(studio: Studio) -> None:
    video_id = studio.keep(make(studio.folder, COUNT, SMALL))
    hands = Hands(studio.datastore, studio.store, {5: Failure("poisonous", "two workers died of it")})
    video = run(studio, video_id, hands)
    assert video.state is VideoState.FAILED
    assert video.failure == Failure("poisonous", "frame 5 could not be filtered: two workers died of it")
    assert studio.kept() == 1
    hands = Hands(studio.datastore, studio.store)
    assert studio.datastore.videos.again(video_id, time.time())
    assert run(studio, video_id, hands).state is VideoState.DONE, "asked again, it works"


def test_frames_of_two_sizes_make_no_video(studio: Studio) -> None:
    video_id = studio.keep(make(studio.folder, COUNT, SMALL))
    hands = Hands(studio.datastore, studio.store, {7: "resize:width=80"})
    video = run(studio, video_id, hands)
    assert video.failure is not None
    assert "frame 7 came out as 80 x 48 pixels" in video.failure.detail


def test_a_video_that_breaks_off_says_so(studio: Studio) -> None:
    whole = make(studio.folder, COUNT, replace(SMALL, name="cut.avi", codec="mpeg4", sound=None))
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])
    video = run(studio, studio.keep(whole), Hands(studio.datastore, studio.store))
    assert video.state is VideoState.FAILED
    assert video.failure is not None
    assert video.failure.kind == "unreadable"
    assert studio.kept() == 1


def test_a_process_that_ends_lets_another_begin_it_anew(studio: Studio) -> None:
    video_id = studio.keep(make(studio.folder, COUNT, SMALL))
    hands = Hands(studio.datastore, studio.store)
    stop = Stop()
    desk = studio.desk(stop)
    with hands:
        until(desk, lambda: studio.video(video_id).frames_joined > 3)
        hands.rest()
        stop.request("a signal")
        desk.join(WITHIN_S)
    assert studio.video(video_id).state is VideoState.WAITING
    assert run(studio, video_id, Hands(studio.datastore, studio.store)).attempt == 2
    assert studio.result(video_id).numbers == list(range(COUNT))


def what_it_runs(process: psutil.Process) -> list[str]:
    """Its command line; nothing of one that has ended: orphans of other tests may have come to us."""
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


@pytest.mark.parametrize("work", ["split", "join"])
def test_a_child_that_is_killed_fails_the_video_and_not_the_process(studio: Studio, work: str) -> None:
    video_id = studio.keep(make(studio.folder, 200, SMALL))
    hands = Hands(studio.datastore, studio.store)
    stop = Stop()
    desk = studio.desk(stop)
    with hands:
        until(desk, lambda: studio.video(video_id).frames_joined > 3)
        hands.rest()
        [child] = [one for one in psutil.Process().children() if what_it_runs(one)[-2:] == ["film", work]]
        os.kill(child.pid, signal.SIGKILL)
        hands.go()
        until(desk, lambda: studio.video(video_id).state is VideoState.FAILED)
    desk.join(WITHIN_S)
    stop.request("the test is over")
    failure = studio.video(video_id).failure
    assert failure is not None
    assert failure.kind == "poisonous"
    assert "SIGKILL" in failure.detail


def test_a_cancelled_one_stops_and_leaves_the_upload(studio: Studio) -> None:
    video_id = studio.keep(make(studio.folder, COUNT, SMALL))
    hands = Hands(studio.datastore, studio.store)
    stop = Stop()
    desk = studio.desk(stop)
    with hands:
        until(desk, lambda: studio.video(video_id).frames_joined > 3)
        hands.rest()
        studio.datastore.catalog.cancel_workload(video_id, time.time())
        hands.go()
        desk.join(WITHIN_S)
    desk.look()
    stop.request("the test is over")
    assert studio.video(video_id).state is VideoState.CANCELLED
    assert studio.kept() == 1
