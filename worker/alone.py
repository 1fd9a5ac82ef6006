"""Run a command that may crash, hang or eat memory, and hurt nobody by it."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import Any

from dpip.framing import unpack
from worker.failures import Poisonous

_WORDS_MAX_CHARS = 300
_LOOK_S = 0.25  # how often it is asked whether anybody still wants the answer


def run_alone(
    command: Sequence[str], message: bytes, time_limit_s: float, wanted: Callable[[], None] = lambda: None
) -> tuple[dict[str, Any], bytes]:
    """Give `message` to the command and return its answer. Raises `Poisonous` when it gives none.

    `wanted` is called a few times per second; when it raises, the command is killed.
    """
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        watch = _Watch(process, wanted)
        try:
            answer, words = process.communicate(message, timeout=time_limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Poisonous(
                f"the picture kept a process of its own busy for more than {time_limit_s:.0f} s"
            ) from None
        finally:
            watch.end()
    try:
        if process.returncode == 0:
            return unpack(answer)
    except ValueError:
        pass
    raise Poisonous(f"the picture made a process of its own {_end(process.returncode)}{_said(words)}")


class _Watch:
    """A thread that kills the process when `wanted` raises; `end` raises that again."""

    def __init__(self, process: subprocess.Popen[bytes], wanted: Callable[[], None]) -> None:
        self._process = process
        self._wanted = wanted
        self._over = threading.Event()
        self._raised: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="watch-alone", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        if self._raised is not None:
            raise self._raised

    def _run(self) -> None:
        while not self._over.wait(_LOOK_S):
            try:
                self._wanted()
            except BaseException as error:  # raised again where the answer is waited for
                self._raised = error
                self._process.kill()
                return


def _end(code: int) -> str:
    if code >= 0:
        return f"end with code {code}"
    try:
        return f"die by {signal.Signals(-code).name}"
    except ValueError:
        return f"die by signal {-code}"


def _said(words: bytes) -> str:
    lines = words.decode(errors="replace").strip().splitlines()
    return f"; its last words: {lines[-1][:_WORDS_MAX_CHARS]}" if lines else ""
