"""Which videos are worked on here, and what becomes of them when an attempt ends."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter

from bus.messages import Topic
from dpip.domain import ClaimedVideo, Failure
from dpip.errors import DpipError, Fenced, MissingBytes, Refused, TooLarge, TryLater, UnsupportedFormat
from dpip.lifecycle import Stop
from dpip.logs import fields
from film.processes import Poisonous
from video.attempt import Attempt, FrameFailed, Stopped, Terms, Tools

log = logging.getLogger(__name__)

_KINDS: tuple[tuple[type[DpipError], str], ...] = (
    (Poisonous, "poisonous"),
    (TooLarge, "too-large"),
    (UnsupportedFormat, "unsupported"),
    (Refused, "unreadable"),
)
_TRIES = 5  # of a video whose attempts end by passing troubles
_SIGNAL_S = 1.0  # so soon a signal is noticed
_PASSES_S = 2.0  # before the next try


class Desk:
    """Claims videos and works on some at the same time, each in a thread of its own."""

    def __init__(self, tools: Tools, terms: Terms, at_once: int, stop: Stop) -> None:
        self._tools = tools
        self._terms = terms
        self._at_once = at_once
        self._stop = stop
        self._working: list[threading.Thread] = []
        self._troubles: Counter[str] = Counter()
        self._wake = threading.Event()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def wait(self, timeout_s: float) -> None:
        """For something to do, or for the end."""
        deadline = time.monotonic() + timeout_s
        while not self._stop.requested and not self._wake.is_set() and time.monotonic() < deadline:
            self._wake.wait(_SIGNAL_S)
        self._wake.clear()

    def look(self) -> None:
        """Begin what waits. Raises `NotReady` when the datastore is away."""
        left = self._tools.videos.tidy()
        if left:
            self._tools.store.delete(left)
            self._tools.announcer.announce(Topic.CANCELLED, {"workload": ""})
        self._working = [thread for thread in self._working if thread.is_alive()]
        while len(self._working) < self._at_once and not self._stop.requested:
            now = self._tools.clock()
            claimed = self._tools.videos.claim(now, now + self._terms.lease_s)
            if claimed is None:
                return
            thread = threading.Thread(
                target=self._work, args=(claimed,), name=f"video-{claimed.video.id}", daemon=True
            )
            self._working.append(thread)
            thread.start()

    def join(self, timeout_s: float) -> None:
        """After a stop was requested: let the attempts end."""
        for thread in self._working:
            thread.join(timeout_s)

    def _work(self, claimed: ClaimedVideo) -> None:
        about = fields(video=claimed.video.id, attempt=claimed.attempt)
        log.info("video begun", extra=about)
        try:
            self._tools.store.delete(claimed.leftovers)
            ended = self._outcome(claimed)
            if ended is None:
                log.info("video ended", extra=about)
            elif ended.retryable:
                log.warning("video put back", extra=fields(video=claimed.video.id, detail=ended.detail))
                self._tools.videos.release(claimed.video.id, claimed.attempt, self._tools.clock())
                self._stop.wait(_PASSES_S)
            else:
                log.info("video failed", extra=fields(video=claimed.video.id, detail=ended.detail))
                self._tools.videos.fail(claimed.video.id, claimed.attempt, ended, self._tools.clock())
        except Fenced:
            log.info("video is not ours any more", extra=about)
        except DpipError as error:  # the lease runs out, and somebody begins it anew
            log.warning("video left behind", extra=fields(video=claimed.video.id, detail=error.detail))
        finally:
            self.wake()

    def _outcome(self, claimed: ClaimedVideo) -> Failure | None:
        """What went wrong with the attempt, if anything did. Raises `Fenced`."""
        video = claimed.video.id
        try:
            Attempt(claimed, self._tools, self._terms, self._stop).run()
        except Fenced:
            raise
        except Stopped:
            return Failure("stopped", "this process ends", retryable=True)
        except FrameFailed as error:
            return error.failure
        except Exception as error:
            found = failure_of(error)
            if not found.retryable:
                return found
            self._troubles[video] += 1
            log.warning("trouble with a video", extra=fields(video=video), exc_info=error)
            if self._troubles[video] >= _TRIES:
                del self._troubles[video]
                return Failure(found.kind, found.detail)
            return found
        self._troubles.pop(video, None)
        return None


def failure_of(error: Exception) -> Failure:
    """What to record; what may pass is retryable."""
    for family, kind in _KINDS:
        if isinstance(error, family):
            return Failure(kind, error.detail)
    if isinstance(error, (TryLater, MissingBytes)):
        return Failure("storage", error.detail, retryable=True)
    detail = error.detail if isinstance(error, DpipError) else f"{type(error).__name__}: {error}"
    return Failure("internal", detail, retryable=True)
