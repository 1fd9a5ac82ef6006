"""A video as it is filtered: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dpip_client import Video

Show = Callable[[str, "Video | None"], None]  # what goes on, and the video as far as it is known

_LINE_EVERY_S = 5.0
_RECENT_S = 15.0  # the rate is that of so long
_MINUTE_S = 60


class Pace:
    """Frames per second of late, from what was seen."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, at_s: float, frames: int) -> None:
        if self._seen and frames < self._seen[-1][1]:  # it was begun anew
            self._seen.clear()
        self._seen.append((at_s, frames))
        while len(self._seen) > 2 and at_s - self._seen[0][0] > _RECENT_S:  # noqa: PLR2004 - both ends
            self._seen.popleft()

    @property
    def per_second(self) -> float:
        if not self._seen:
            return 0.0
        (began, before), (now, frames) = self._seen[0], self._seen[-1]
        return (frames - before) / (now - began) if now > began else 0.0

    def words(self, video: Video) -> str:
        """`24.1 frames/s, 1:05 left`; nothing before anything is known."""
        if not self.per_second:
            return ""
        rate = f"{self.per_second:.1f} frames/s"
        if video.frames is None:
            return rate
        left = max(0, video.frames - video.frames_joined) / self.per_second
        return f"{rate}, {clock(left)} left"


def clock(seconds: float) -> str:
    """As 1:05, or 1:00:05."""
    minutes, rest = divmod(round(seconds), _MINUTE_S)
    hours, minutes = divmod(minutes, _MINUTE_S)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def showing(*, quiet: bool) -> Iterator[Show]:
    """On standard error, so that what is piped stays clean."""
    if quiet:
        yield lambda _doing, _video: None
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _Lines().show


class _Lines:
    def __init__(self) -> None:
        self._pace = Pace()
        self._last = time.monotonic()

    def show(self, doing: str, video: Video | None) -> None:
        now = time.monotonic()
        if video is None:
            return
        self._pace.note(now, video.frames_joined)
        if now - self._last >= _LINE_EVERY_S:
            self._last = now
            words = filter(None, [f"{doing}: {frames_of(video)}", self._pace.words(video)])
            sys.stderr.write(f"{', '.join(words)}\n")


def frames_of(video: Video) -> str:
    """`40 of 100 frames`; a video that is done has as many as it has, whatever its headers said."""
    total = "" if video.frames is None or video.state == "done" else f" of {video.frames}"
    return f"{video.frames_joined}{total} frames"


@contextmanager
def _bar() -> Iterator[Show]:
    from rich.console import Console  # noqa: PLC0415 - a pipe does not wait for it
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[rest]}", style="dim"),
    )
    pace = Pace()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, count="", rest="")

        def show(doing: str, video: Video | None) -> None:
            if video is None:
                bar.update(task, description=doing)
                return
            pace.note(time.monotonic(), video.frames_joined)
            bar.update(
                task,
                description=doing,
                total=video.frames,
                completed=video.frames_joined,
                count=frames_of(video),
                rest=pace.words(video),
            )

        yield show
