"""Run a command that may crash, hang or eat memory, and hurt nobody by it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from typing import Any

from dpip.framing import unpack
from worker.failures import Poisonous

_WORDS_MAX_CHARS = 300


def run_alone(command: Sequence[str], message: bytes, time_limit_s: float) -> tuple[dict[str, Any], bytes]:
    """Give `message` to the command and return its answer. Raises `Poisonous` when it gives none."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            answer, words = process.communicate(message, timeout=time_limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Poisonous(
                f"the picture kept a process of its own busy for more than {time_limit_s:.0f} s"
            ) from None
    try:
        if process.returncode == 0:
            return unpack(answer)
    except ValueError:
        pass
    raise Poisonous(f"the picture made a process of its own {_end(process.returncode)}{_said(words)}")


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
