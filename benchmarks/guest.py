"""The benchmark's side of a contestant's process: start it, run sets through it, measure it from outside."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import verifying
from benchmarks.measuring import Busy, Run, Tree, memory_peak, spent
from benchmarks.picture_sets import PictureSet
from benchmarks.rivals.catalogue import Entry

ROOT = Path(__file__).resolve().parent.parent
GUESTS = ROOT / ".venv-bench" / "bin" / "python"
_STOP_S = 90.0


def _empty(folder: Path) -> None:
    """Give back the room, and leave the files until the end: for minutes after thousands were deleted, ext4
    looks at each freed inode before it makes a file, which the next contestant would pay for."""
    for path, _, names in os.walk(folder):
        for name in names:
            file = Path(path) / name
            if file.is_file() and not file.is_symlink():
                os.truncate(file, 0)


class CannotTakePart(Exception):
    """Something it needs is missing here; says what."""


class Failed(Exception):
    """It took part, and what it did was wrong or broke."""


class Guest:
    """A contestant in a process of its own. Raises CannotTakePart and Failed."""

    def __init__(self, entry: Entry, cores: int) -> None:
        if entry.guest and not GUESTS.exists():
            raise CannotTakePart("not installed: make rivals")
        self.title = entry.title
        self._folder = tempfile.TemporaryDirectory(prefix="dpip-bench-", ignore_cleanup_errors=True)
        self._log = (Path(self._folder.name) / "log").open("w+")
        self._loaded: tuple[Path, ...] = ()
        self._held_mb = 0.0
        self._process = subprocess.Popen(
            [GUESTS if entry.guest else sys.executable, "-m", "benchmarks.rivals.host", entry.place],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.tree = Tree(self._process.pid)
        work = Path(self._folder.name) / "work"
        work.mkdir()
        try:
            ready = self._ask("prepare", folder=str(work), cores=cores)
        except BaseException:
            self.close()
            raise
        self.ready_s = float(ready["seconds"])
        self.tree = Tree(self._process.pid, ready["roles"])

    def run(self, pictures: PictureSet, filter_name: str, files: Sequence[Path] | None = None) -> Run:
        """All pictures of the set (or only `files` of it), then a check of what came out."""
        chosen = tuple(files or pictures.files)
        self._load(chosen)
        before, own, busy = self.tree.cpu_ms(), time.process_time(), Busy()
        with memory_peak(self.tree) as peak:
            took = self._ask("go", filter=filter_name)
        used = spent(before, self.tree.cpu_ms())
        own_ms = 1000 * (time.process_time() - own)
        others = busy.others(sum(used.values()) + own_ms, took["seconds"])
        numbers = verifying.samples(len(chosen))
        with tempfile.TemporaryDirectory(prefix="dpip-bench-") as folder:
            got = self._ask("collect", numbers=numbers, folder=folder)
            if len(got["sizes"]) != len(chosen):
                raise Failed(f"{len(chosen)} pictures went in, {len(got['sizes'])} results came out")
            psnr = min(
                verifying.likeness(chosen[number], (Path(folder) / str(number)).read_bytes(), filter_name)
                for number in numbers
            )
        return Run(
            images=len(chosen),
            megapixels=pictures.megapixels * len(chosen) / len(pictures),
            seconds=took["seconds"],
            cpu_ms={role: value / len(chosen) for role, value in used.items()},
            peak_mb=peak[0] - self._held_mb,
            result_bytes=sum(got["sizes"]),
            others=others,
            psnr_db=psnr,
            parts=got["parts"],
        )

    def close(self) -> None:
        """Let it stop what it started; kill what does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            for process in reversed(self.tree.processes()):
                process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()
        _empty(Path(self._folder.name))
        atexit.register(self._folder.cleanup)

    def _load(self, files: tuple[Path, ...]) -> None:
        if files != self._loaded:
            self._held_mb = self._ask("load", files=[str(file) for file in files])["bytes"] / 1e6
            self._loaded = files

    def _ask(self, do: str, **arguments: object) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the process has no pipes")
        try:
            stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            stdin.flush()
            line = stdout.readline()
        except BrokenPipeError:
            line = stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "its process ended"}
        if "missing" in answer:
            raise CannotTakePart(answer["missing"])
        if "error" in answer:
            raise Failed(f"{answer['error']} {self._said()}")
        return answer

    def _said(self) -> str:
        """The end of what it printed."""
        self._log.flush()
        return Path(self._log.name).read_text(errors="replace").strip()[-800:]
