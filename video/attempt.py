"""One attempt at one video: frames go out to the workers, and come back in order into the new video."""

from __future__ import annotations

import logging
import shutil
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bus.messages import Topic
from dpip.domain import ClaimedVideo, Failure, ImageFacts
from dpip.errors import Unprocessable
from dpip.journey import ROOT, Step
from dpip.lifecycle import Stop
from dpip.ports import NO_TRACES, Announcer, Clock, ImageStore, Traces, Upload, Videos
from film import Joiner, Splitter, VideoLimits
from film.processes import Poisonous
from imaging import Limits
from video.needs import FrameNeeds
from video.window import window

log = logging.getLogger(__name__)

_BATCH = 8  # frames that are kept by one transaction
_SOON_S, _LATER_S = 0.01, 0.2  # between looks at frames that are on their way
_SILENT_S = 120.0  # of a process that decodes
_PIECE_BYTES = 2**20


class FrameFailed(Exception):
    """A frame could not be filtered, so there will be no video."""

    def __init__(self, number: int, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = Failure(failure.kind, f"frame {number} could not be filtered: {failure.detail}")


class Stopped(Exception):
    """This process is to end; somebody else begins the video anew."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How an attempt goes about it."""

    limits: Limits
    video_limits: VideoLimits
    window_frames: int
    window_bytes: int
    lease_s: float
    scratch: Path  # folder for the video while it grows


@dataclass(frozen=True, slots=True)
class Tools:
    """What an attempt works with."""

    videos: Videos
    store: ImageStore
    announcer: Announcer
    clock: Clock
    traces: Traces = NO_TRACES


class Attempt:
    """Call `run` once, in a thread that lives as long: the kernel ties child processes to it."""

    def __init__(self, claimed: ClaimedVideo, tools: Tools, terms: Terms, stop: Stop) -> None:
        self._claimed = claimed
        self._video = claimed.video
        self._videos, self._store = tools.videos, tools.store
        self._announcer, self._clock, self._traces = tools.announcer, tools.clock, tools.traces
        self._terms = terms
        self._stop = stop
        self._needs = FrameNeeds(claimed.workload, terms.limits)
        self._window = window(self._video.facts, terms.window_frames, terms.window_bytes)
        self._on_their_way: deque[tuple[str, dict[str, Any]]] = deque()
        self._renewed_at = time.monotonic()
        self._split = 0
        self._joined = 0
        self._joiner: Joiner | None = None

    def run(self) -> None:
        """Raises `Fenced` when the video is somebody else's or nobody's by now, `FrameFailed`, `Stopped`,
        and what is wrong with the video or the store."""
        folder = self._terms.scratch / f"{self._video.id}.{self._claimed.attempt}"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            source = self._source(folder)
            target = folder / f"video.{self._video.target}"
            splitter = Splitter(source, self._video.facts, self._terms.video_limits)
            try:
                self._pass_frames(splitter, source, target)
            finally:
                splitter.close()
            self._finish(target)
        finally:
            if self._joiner is not None:
                self._joiner.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _source(self, folder: Path) -> Path:
        """The upload as a file of this machine."""
        local = self._store.local_path(self._claimed.key)
        if local is None:
            local = folder / "upload"
            local.write_bytes(self._store.get(self._claimed.key))
        return local

    def _pass_frames(self, splitter: Splitter, source: Path, target: Path) -> None:
        pause = _SOON_S
        while not splitter.ended or self._on_their_way:
            self._keep()
            moved = self._send_out(splitter) + self._take_in(source, target)
            if moved:
                pause = _SOON_S
            else:
                self._stop.wait(pause)
                pause = min(pause * 1.5, _LATER_S)
            if splitter.silent_s > _SILENT_S:
                raise Poisonous(f"nothing came out of the video for {_SILENT_S:.0f} s")
        if self._joiner is None:
            raise Unprocessable("there is no frame in the video")

    def _keep(self) -> None:
        if self._stop.requested:
            raise Stopped
        if time.monotonic() - self._renewed_at > self._terms.lease_s / 5:
            self._videos.renew(self._video.id, self._claimed.attempt, self._clock() + self._terms.lease_s)
            self._renewed_at = time.monotonic()

    def _send_out(self, splitter: Splitter) -> int:
        """Frames that are there already become jobs; returns how many."""
        room = min(_BATCH, self._window - len(self._on_their_way))
        if room <= 0:
            splitter.wait_begins()
            return 0
        came: list[tuple[dict[str, Any], bytes]] = []
        while len(came) < room and (frame := splitter.take(0)) is not None:
            came.append(frame)
        if not came:
            return 0
        uploads: list[Upload] = []
        new, began = [], time.time()
        try:
            for _, pnm in came:
                self._split += 1
                new.append(self._needs.original(f"frame-{self._split:06d}.ppm", pnm))
                uploads.append(self._store.begin())
                uploads[-1].write(pnm)
            places = [upload.commit for upload in uploads]
            stored = self._videos.add_frames(
                self._video.id, self._claimed.attempt, new, places, self._clock()
            )
        finally:
            for upload in uploads:
                upload.abort()
        if self._traces.on:
            about = {"dpip.workload_id": self._video.id}
            now = time.time()
            self._traces.tell(Step(image.id, ROOT, began, now, within=None, about=about) for image in stored)
        self._on_their_way.extend((image.id, head) for image, (head, _) in zip(stored, came, strict=True))
        self._announcer.announce(Topic.WORK, {"workload": self._video.id})
        return len(came)

    def _take_in(self, source: Path, target: Path) -> int:
        """Results that are there, in order, go into the new video; returns how many."""
        if not self._on_their_way:
            return 0
        ended = self._videos.ended_frames(self._video.id)
        taken: list[str] = []
        while self._on_their_way and (self._joiner is None or self._joiner.room):
            frame, head = self._on_their_way[0]
            result = ended.get(frame)
            if result is None:
                break
            if isinstance(result, Failure):
                raise FrameFailed(self._joined + len(taken) + 1, result)
            picture = self._store.get(result)
            if self._joiner is None:
                made = self._video.target, len(picture), self._video.quality
                self._joiner = Joiner(source, self._video.facts, target, *made)
            self._joiner.add(head, picture)
            self._on_their_way.popleft()
            taken.append(frame)
        if taken:
            self._joined += len(taken)
            keys = self._videos.drop_frames(self._video.id, self._claimed.attempt, taken)
            self._store.delete(keys)
        return len(taken)

    def _finish(self, target: Path) -> None:
        assert self._joiner is not None  # noqa: S101 - there were frames
        self._joiner.end()
        while not self._joiner.done(_LATER_S):
            self._keep()
        upload = self._store.begin()
        try:
            with target.open("rb") as file:
                for piece in iter(partial(file.read, _PIECE_BYTES), b""):
                    upload.write(piece)
                    self._keep()
            width, height = self._joiner.size
            facts = ImageFacts(self._video.target, width, height, upload.size_bytes, upload.sha256)
            made = facts, upload.commit, self._clock(), self._joiner.notes
            self._videos.finish(self._video.id, self._claimed.attempt, *made)
        finally:
            upload.abort()
