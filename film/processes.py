"""The processes in which videos are taken apart and joined, seen from the process that uses them."""

from __future__ import annotations

import contextlib
import importlib.util
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter

from dpip import errors
from dpip.domain import VideoFacts
from dpip.errors import DpipError
from film import messages
from film.formats import QUALITIES
from film.limits import VideoLimits, memory_for

_FACTS = TypeAdapter(VideoFacts)
_PROBE_S = 30  # of CPU time, and twice that in all
_AHEAD = 2  # frames that wait on either side of a pipe
_ENDS_WITHIN_S = 5.0
_WORDS_MAX_CHARS = 300


class Poisonous(DpipError):
    """The process that worked on the video died, or said nothing any more."""


def available() -> bool:
    """Whether videos can be worked on here: PyAV is there."""
    return importlib.util.find_spec("av") is not None


def probe(path: Path, format_name: str, limits: VideoLimits) -> VideoFacts:
    """What a file is, after its first frame was decoded in a process of its own. Raises `Unprocessable`,
    `UnsupportedFormat`, `TooLarge`, `Poisonous`."""
    pixels = int(limits.max_megapixels * 1e6)
    asked = {
        "path": str(path),
        "format": format_name,
        "limits": asdict(limits),
        "memory": memory_for(pixels),
        "cpu_s": _PROBE_S,
    }
    child = _Child("probe", asked)
    timer = threading.Timer(2 * _PROBE_S, child.kill)
    timer.start()
    try:
        head, _ = child.read()
    finally:
        timer.cancel()
        child.close()
    return _FACTS.validate_python(head["facts"])


class Splitter:
    """Frames of a video, as they come. Close it, whatever happens."""

    def __init__(self, path: Path, facts: VideoFacts, limits: VideoLimits) -> None:
        asked = {
            "path": str(path),
            "format": facts.format,
            "limits": asdict(limits),
            "memory": memory_for(facts.width * facts.height),
        }
        self._child = _Child("split", asked)
        self._came: queue.Queue[tuple[messages.Head, bytes] | DpipError] = queue.Queue(_AHEAD)
        self._heard_at = time.monotonic()
        self._closed = False
        self._thread = threading.Thread(target=self._listen, name="split", daemon=True)
        self._thread.start()
        self.ended = False

    def take(self, timeout_s: float) -> tuple[messages.Head, bytes] | None:
        """The next frame as PNM, with its `pts` and `duration`; None: none came in time, or all did.
        Raises what is wrong with the video."""
        if self.ended:
            return None
        try:
            came = self._came.get(timeout=timeout_s) if timeout_s > 0 else self._came.get_nowait()
        except queue.Empty:
            return None
        self._heard_at = time.monotonic()
        if isinstance(came, DpipError):
            raise came
        if "end" in came[0]:
            self.ended = True
            return None
        return came

    @property
    def silent_s(self) -> float:
        """For how long nothing came that was waited for."""
        return 0.0 if self.ended or not self._came.empty() else time.monotonic() - self._heard_at

    def wait_begins(self) -> None:
        """Nothing was asked for until now: that it was silent meanwhile means nothing."""
        self._heard_at = time.monotonic()

    def close(self) -> None:
        self._closed = True
        self._child.kill()
        while self._thread.is_alive():
            try:
                self._came.get_nowait()
            except queue.Empty:
                self._thread.join(0.01)
        self._child.close()

    def _listen(self) -> None:
        while not self._closed:
            try:
                message = self._child.read()
            except DpipError as error:
                self._came.put(error)
                return
            self._came.put(message)
            if "end" in message[0]:
                return


class Joiner:
    """The new video's making. Close it, whatever happens."""

    def __init__(
        self,
        source: Path,
        facts: VideoFacts,
        target: Path,
        target_format: str,
        pixels: int,
        quality: str = QUALITIES[0],
    ) -> None:
        """`pixels`: of a filtered frame."""
        asked = {
            "path": str(source),
            "format": facts.format,
            "target": str(target),
            "target_format": target_format,
            "quality": quality,
            "memory": memory_for(max(pixels, facts.width * facts.height)),
        }
        self._child = _Child("join", asked)
        self._going: queue.Queue[tuple[Mapping[str, Any], bytes] | None] = queue.Queue(_AHEAD)
        self._answer: messages.Head | DpipError | None = None
        self._threads = [
            threading.Thread(target=self._send, name="join", daemon=True),
            threading.Thread(target=self._listen, name="join-answer", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def room(self) -> bool:
        """Whether `add` would not wait."""
        return not self._going.full()

    def add(self, head: messages.Head, picture: bytes) -> None:
        """The next filtered frame, as an image file. Raises what is wrong so far."""
        self._check()
        self._going.put((head, picture))

    def end(self) -> None:
        """There are no more frames. Raises what is wrong so far."""
        self._check()
        self._going.put(({"end": True}, b""))

    def done(self, timeout_s: float) -> bool:
        """After `end`: whether the file is whole by now. Raises what went wrong."""
        self._threads[1].join(timeout_s)
        self._check()
        return self._answer is not None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the new video in pixels, as stored; when it is done."""
        assert isinstance(self._answer, dict)  # noqa: S101 - callers wait until it is done
        width, height = self._answer["size"]
        return width, height

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not stay as it was; when it is done."""
        assert isinstance(self._answer, dict)  # noqa: S101 - as above
        return tuple(self._answer["notes"])

    def close(self) -> None:
        self._child.kill()
        while self._threads[0].is_alive():
            with contextlib.suppress(queue.Empty):
                self._going.get_nowait()
            with contextlib.suppress(queue.Full):
                self._going.put_nowait(None)
            self._threads[0].join(0.01)
        self._threads[1].join()
        self._child.close()

    def _check(self) -> None:
        if isinstance(self._answer, DpipError):
            raise self._answer

    def _send(self) -> None:
        while (message := self._going.get()) is not None:
            try:
                self._child.write(*message)
            except OSError:  # the other thread hears why
                while self._going.get() is not None:
                    pass
                return

    def _listen(self) -> None:
        try:
            self._answer = self._child.read()[0]
        except DpipError as error:
            self._answer = error


class _Child:
    """`python -m film ...` with its pipes."""

    def __init__(self, work: str, asked: Mapping[str, Any]) -> None:
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "film", work],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
        )
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        assert self._process.stdout is not None  # noqa: S101
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        with contextlib.suppress(BrokenPipeError):  # `read` tells why
            self.write(asked, b"")

    def write(self, head: Mapping[str, Any], body: bytes) -> None:
        messages.write(self._stdin, head, body)

    def read(self) -> tuple[messages.Head, bytes]:
        """Raises what the process says is wrong, and `Poisonous` when it died."""
        message = messages.read(self._stdout)
        if message is None:
            raise Poisonous(f"the video made the process that worked on it {self._end()}{self._said()}")
        if "error" in message[0]:
            raise _known(message[0]["error"], message[0]["detail"])
        return message

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stdout.close()
        self._words.close()

    def _end(self) -> str:
        code = self._process.wait()
        return f"end with code {code}" if code >= 0 else f"die by {signal.Signals(-code).name}"

    def _said(self) -> str:
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").strip().splitlines()
        return f"; its last words: {lines[-1][:_WORDS_MAX_CHARS]}" if lines else ""


def _known(name: str, detail: str) -> DpipError:
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, DpipError):
        return kind(detail)
    return Poisonous(f"in a process of its own the video ended in {name}: {detail}")
