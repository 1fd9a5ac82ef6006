"""Trying a pipeline on one picture, in a process of its own within narrow limits.

A process is kept ready, its libraries loaded, so that a preview takes no longer than the filtering; each
serves once. The caller's own process decodes nothing, and loads neither OpenCV nor NumPy.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from typing import Any

from dpip import errors
from dpip.domain import ImageFacts
from dpip.errors import NotReady, TooLarge, Unprocessable
from dpip.framing import pack, unpack
from dpip.settings import ENV_PREFIX
from imaging.header import check_complete, read_header
from imaging.limits import MEBIBYTE, Limits
from imaging.plan_admission import check_output_of_plan, estimate_memory_of_plan
from imaging.planning import parse_plan

LIMITS = Limits(
    max_bytes=24 * MEBIBYTE,
    max_megapixels=16.0,
    max_frames=40,
    max_total_megapixels=32.0,
    max_output_megapixels=32.0,
    max_seconds=10.0,
)
MEMORY_BYTES = 1024 * MEBIBYTE  # the estimate may not be more
_MEMORY_BASE = 256 * MEBIBYTE  # over it
_START_S = 10.0  # until a process that is not ready yet has loaded its libraries
_COMMAND = (sys.executable, "-P", "-m", "imaging.preview_process")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a pipeline made of a picture. `shown` is the format of `data`, which browsers can show; `facts`
    tell of the result as the workload would store it. Of several outputs it is the first."""

    data: bytes
    shown: str
    facts: ImageFacts
    seconds: dict[str, float]  # decode, filter, encode


class Previews:
    """Any number of threads may ask; how many at once is for the caller to bound."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self._lock = threading.Lock()
        self._ready: subprocess.Popen[bytes] | None = None
        self._closed = False

    def run(self, data: bytes, pipeline: str) -> Preview:
        """The picture through the pipeline.

        Raises `Malformed` and `Unprocessable` for a pipeline or a picture that cannot be, or that takes too
        long or kills the process, `UnsupportedFormat`, `TooLarge` for what is too large to be tried at once.
        """
        plan = parse_plan(pipeline)
        header = read_header(io.BytesIO(data), len(data), self.limits)
        check_complete(io.BytesIO(data), len(data), header)
        check_output_of_plan(header, plan, self.limits)
        memory = estimate_memory_of_plan(header, plan)
        if memory > MEMORY_BYTES:
            raise TooLarge(
                f"this pipeline needs about {memory / MEBIBYTE:,.0f} MiB of memory for this picture, and a "
                f"preview may use {MEMORY_BYTES / MEBIBYTE:,.0f}; try a smaller one. Workloads may use more"
            )
        head = {
            "pipeline": plan.canonical,
            "limits": asdict(self.limits),
            "memory": _MEMORY_BASE + 2 * memory,
        }
        answer, made = self._ask(pack(head, data))
        if "error" in answer:
            raise _known(answer["error"], answer["detail"])
        seconds = {name: float(answer["timings"][name]) for name in ("decode", "filter", "encode")}
        return Preview(made, answer["shown"], ImageFacts(**answer["facts"]), seconds)

    def close(self) -> None:
        """End the process that is ready; there will be no other."""
        with self._lock:
            self._closed = True
            ready, self._ready = self._ready, None
        if ready is not None:
            _end(ready)

    def _ask(self, message: bytes) -> tuple[dict[str, Any], bytes]:
        for process in (self._take(), None):
            answer = self._answer(process or self._start(), message)
            if answer is not None:
                return answer
        raise NotReady("no process for a preview could be started here; try again in a moment")

    def _answer(
        self, process: subprocess.Popen[bytes], message: bytes
    ) -> tuple[dict[str, Any], bytes] | None:
        """None when the process had ended before it was asked."""
        try:
            answer, _ = process.communicate(message, timeout=self.limits.max_seconds + _START_S)
        except subprocess.TimeoutExpired:
            _end(process)
            raise Unprocessable(self._too_long()) from None
        finally:
            self._make_ready()
        if process.returncode == 0:
            return unpack(answer) if answer else None
        raise Unprocessable(
            "the picture ended the process that tried this pipeline on it: it took more than "
            f"{self.limits.max_seconds:.0f} s, or more memory than a preview may use"
        )

    def _take(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            ready, self._ready = self._ready, None
        return ready

    def _make_ready(self) -> None:
        with self._lock:
            if self._closed or (self._ready is not None and self._ready.poll() is None):
                return
            self._ready = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)},
        )

    def _too_long(self) -> str:
        return (
            f"this pipeline takes more than {self.limits.max_seconds:.0f} s for this picture, too long for a "
            "preview; try it on a smaller one"
        )


def _known(name: str, detail: str) -> Exception:
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, errors.DpipError):
        return kind(detail)
    return Unprocessable(f"trying this pipeline on the picture ended in {name}: {detail}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()
