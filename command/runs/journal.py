"""What a run has done, written down as it happens: a run that is cut off goes on from there.

One JSON object a line in `.dpip/journal.jsonl` of the result's folder, appended and flushed. A line that was
cut off counts as not written.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from command.exits import USAGE, Ended
from command.runs.inputs import Input

FOLDER = ".dpip"
_NAME = "journal.jsonl"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Order:
    """What a run was asked for: going on is for the same order only."""

    pipeline: str
    tags: Sequence[str] = ()


@dataclass
class State:
    """Sum of a journal. Files by their names in the tree, images by their ids."""

    key: str
    workload: str | None = None
    sent: dict[str, tuple[int, int, str]] = field(default_factory=dict)  # size, mtime_ns, image id
    refused: dict[str, tuple[int, int, str]] = field(default_factory=dict)  # size, mtime_ns, why
    saved: dict[str, str] = field(default_factory=dict)  # a result's id: where it lies
    failed: dict[str, str] = field(default_factory=dict)  # an original's id: why
    begun: dict[str, tuple[float, list[str]]] = field(default_factory=dict)  # a request's key: when, files
    finished: bool = False  # all that was sent is saved, or has failed

    def add(self, entry: Mapping[str, Any]) -> None:
        """Raises KeyError or TypeError for an entry that is none."""
        match entry["what"]:
            case "workload":
                self.workload = entry["id"]
            case "sending":
                self.begun[entry["key"]] = (entry["at"], entry["names"])
            case "sent":
                self.finished = False
                self.sent[entry["name"]] = (entry["size"], entry["mtime_ns"], entry["image"])
                self.refused.pop(entry["name"], None)
            case "refused":
                self.refused[entry["name"]] = (entry["size"], entry["mtime_ns"], entry["why"])
            case "saved":
                self.saved[entry["image"]] = entry["to"]
            case "failed":
                self.failed[entry["image"]] = entry["why"]
            case "finished":
                self.finished = True


class Journal:
    """The file, held by this process alone, and its sum."""

    def __init__(self, out: Path, order: Order, *, afresh: bool = False) -> None:
        """Raises `Ended`: DIR cannot be written, is another run's, or holds another order's results."""
        self.folder = out / FOLDER
        self.path = self.folder / _NAME
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._stream = self.path.open("a+", encoding="utf-8")
        except OSError as error:
            raise Ended(f"cannot write in {out}: {error.strerror}", USAGE) from None
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if afresh:
                self._stream.truncate(0)
            self.state = self._read(out, order)
        except BlockingIOError:
            self._stream.close()
            raise Ended(f"another dpip run writes into {out} just now; choose another --out", USAGE) from None
        except BaseException:
            self._stream.close()
            raise

    def _read(self, out: Path, order: Order) -> State:
        self._stream.seek(0)
        lines = self._stream.read().splitlines()
        head = _parsed(lines[0]) if lines else None
        if head is None or len(lines) == 1:  # nothing was done: the filter may have been a wrong one
            state = State(secrets.token_urlsafe(12))
            self._stream.truncate(0)
            self._write(
                what="run", version=_VERSION, key=state.key, filter=order.pipeline, tags=list(order.tags)
            )
            return state
        if (head.get("filter"), head.get("tags")) != (order.pipeline, list(order.tags)):
            raise Ended(
                f"{out} holds results of another filter ({head.get('filter')}); choose another --out, or say "
                "--fresh to begin anew in it",
                USAGE,
            )
        state = State(str(head.get("key")))
        for line in lines[1:]:
            entry = _parsed(line)
            if entry is not None:
                state.add(entry)
        if not self._ends_well():
            self._stream.write("\n")
        return state

    def _ends_well(self) -> bool:
        with self.path.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) == b"\n"

    def incoming(self) -> Path:
        """A folder for what is on its way."""
        folder = self.folder / "incoming"
        folder.mkdir(exist_ok=True)
        return folder

    def workload(self, workload_id: str) -> None:
        self._note(what="workload", id=workload_id)

    def sending(self, key: str, files: Sequence[Input], at: float) -> None:
        """Before it is begun: cut off, it can be repeated as it was."""
        self._note(what="sending", key=key, at=at, names=[one.name for one in files])

    def sent(self, one: Input, image_id: str) -> None:
        self._note(what="sent", name=one.name, size=one.size, mtime_ns=one.mtime_ns, image=image_id)

    def refused(self, one: Input, why: str) -> None:
        self._note(what="refused", name=one.name, size=one.size, mtime_ns=one.mtime_ns, why=why)

    def saved(self, image_id: str, target: str) -> None:
        self._note(what="saved", image=image_id, to=target)

    def failed(self, image_id: str, why: str) -> None:
        self._note(what="failed", image=image_id, why=why)

    def finished(self) -> None:
        shutil.rmtree(self.folder / "incoming", ignore_errors=True)
        self._note(what="finished")

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _note(self, **entry: Any) -> None:
        self._write(**entry)
        self.state.add(entry)

    def _write(self, **entry: Any) -> None:
        self._stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._stream.flush()


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "what" in entry else None
