"""The parent: hands out broken files to a child, and notes what a child died of."""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.trying import SECONDS

ROOT = Path(__file__).parent.parent.parent
_PATIENCE_S = 2 * SECONDS
_START_S = 120.0
_AT_ONCE = 50  # files that a child is asked about


@dataclass(frozen=True, slots=True)
class Finding:
    form: str
    number: int  # of the file, for `mutations.broken`; below zero: of a truncation
    salt: int
    what: str

    def __str__(self) -> str:
        return f"{self.form} {self.number} (salt {self.salt}): {self.what}"


class _Child:
    def __init__(self, salt: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.child", str(salt)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # codecs talk
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.fresh = True

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")  # it ended

    def ask(self, files: Iterable[tuple[str, int]]) -> None:
        """All at once: to wait for each answer would take as long as the answers."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the next answer says that it died
            self._process.stdin.write("".join(f"{form} {number}\n" for form, number in files))
            self._process.stdin.flush()

    def answer(self) -> tuple[str | None, bool]:
        """Of the next file: what is wrong, if anything, and whether the child lives on."""
        try:
            line = self._lines.get(timeout=_START_S if self.fresh else _PATIENCE_S)
        except queue.Empty:
            return f"it took longer than {_PATIENCE_S:g} s", False
        self.fresh = False
        if not line:
            return f"the process died of it ({self._process.wait()})", False
        found = json.loads(line)
        return found, True

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def tried(files: Iterable[tuple[str, int]], salt: int = 0) -> Iterator[tuple[str, int, Finding | None]]:
    """Each file with what is wrong, if anything. A child that dies is replaced."""
    child: _Child | None = None
    rest = iter(files)
    waiting: list[tuple[str, int]] = []
    try:
        while waiting := waiting or list(itertools.islice(rest, _AT_ONCE)):
            child = child or _Child(salt)
            child.ask(waiting)
            alive = True
            while waiting and alive:
                what, alive = child.answer()
                form, number = waiting.pop(0)
                yield form, number, Finding(form, number, salt, what) if what else None
            if not alive:
                child.close()
                child = None
    finally:
        if child is not None:
            child.close()
