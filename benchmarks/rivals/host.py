"""A contestant's process: `python -m benchmarks.rivals.host MODULE:CLASS`, told what to do line by line.

Commands and answers are JSON objects, one per line, over standard input and output. What the contestant
prints goes to standard error. At the end of its input it closes the contestant and ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import importlib.metadata
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.rivals.protocol import Contestant, Missing, Results, Sample

_PR_SET_CHILD_SUBREAPER = 36


class Host:
    """The commands: prepare, load, go, collect."""

    def __init__(self, contestant: Contestant) -> None:
        self._contestant = contestant
        self._pictures: list[Sample] = []
        self._results: Results | None = None

    def prepare(self, folder: str, cores: int) -> dict[str, Any]:
        began = time.perf_counter()
        self._contestant.prepare(Path(folder), cores)
        return {"seconds": time.perf_counter() - began, "roles": dict(self._contestant.roles)}

    def load(self, files: Sequence[str]) -> dict[str, Any]:
        """Have these pictures at hand; the clock does not run."""
        in_memory = self._contestant.in_memory
        self._pictures = [Sample(Path(f), Path(f).read_bytes() if in_memory else b"") for f in files]
        self._results = None
        gc.collect()
        return {"bytes": sum(len(picture.data) for picture in self._pictures)}

    def go(self, filter: str) -> dict[str, Any]:  # noqa: A002 - a key of the command
        began = time.perf_counter()
        self._results = self._contestant.run(self._pictures, filter)
        return {"seconds": time.perf_counter() - began}

    def collect(self, numbers: Sequence[int], folder: str) -> dict[str, Any]:
        """Sizes of all results, and these ones as files in `folder`."""
        if self._results is None:
            raise RuntimeError("there are no results: nothing has run")
        sizes = list(self._results.sizes())
        for number in numbers:
            (Path(folder) / str(number)).write_bytes(self._results.get(number))
        parts = dict(self._contestant.parts())
        self._results = None
        return {"sizes": sizes, "parts": parts}

    def close(self) -> None:
        self._contestant.close()


def main(arguments: Sequence[str]) -> int:
    module, _, name = arguments[0].partition(":")
    _adopt_orphans()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nobody but us writes answers
    try:
        contestant = getattr(importlib.import_module(module), name)()
    except (ImportError, Missing) as error:
        _say(answers, {"missing": str(error)})
        return 1
    host = Host(contestant)
    commands: dict[str, Callable[..., dict[str, Any]]] = {
        name: getattr(host, name) for name in ("prepare", "load", "go", "collect")
    }
    try:
        for line in sys.stdin:
            asked = json.loads(line)
            try:
                answer = commands[asked.pop("do")](**asked)
            except Missing as missing:
                answer = {"missing": str(missing)}
            except Exception as error:
                traceback.print_exc()
                answer = {"error": f"{type(error).__name__}: {error}"}
            _say(answers, answer)
    finally:
        host.close()
        _end_the_rest()
    return 0


def _say(answers: Any, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _end_the_rest() -> None:
    """Whatever a contestant left behind is below this process now; some do not end their own children."""
    left = psutil.Process().children(recursive=True)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=5)


def _adopt_orphans() -> None:
    """What a contestant starts stays below this process, so that its CPU time is seen (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
