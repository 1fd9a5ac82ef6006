"""What is still to be done: pure decisions from the journal, the files, and what the server has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from command.runs.inputs import Input
from command.runs.journal import State
from dpip_client import Image

# Much longer than a server goes on with a request without its client, much shorter than it remembers keys.
_REPEATED_WITHIN_S = 600.0


@dataclass(frozen=True, slots=True)
class Todo:
    """`known`: uploaded originals by id. `adopted`: those that no journal knew, found by their content."""

    upload: Sequence[Input]
    known: dict[str, Input]
    adopted: Sequence[tuple[Input, str]]
    refused: Sequence[tuple[Input, str]]


def todo(
    files: Iterable[Input], state: State, there: Sequence[Image], hash_of: Callable[[Input], str]
) -> Todo:
    """`there`: the originals that the server has of this run; `hash_of`: a file's SHA-256 in hexadecimal.

    A file is hashed only where its size and time cannot tell: it was touched since, or the server has images
    that the journal does not know of, as the connection broke before the answer came.
    """
    by_id = {image.id: image for image in there}
    noted = {image_id for _, _, image_id in state.sent.values()}
    strays = _by_content(image for image in there if image.id not in noted)
    upload: list[Input] = []
    known: dict[str, Input] = {}
    adopted: list[tuple[Input, str]] = []
    refused: list[tuple[Input, str]] = []
    for one in files:
        before = state.sent.get(one.name)
        turned_away = state.refused.get(one.name)
        if before is not None and before[2] in by_id and _same(one, before, by_id[before[2]], hash_of):
            known[before[2]] = one
        elif turned_away is not None and turned_away[:2] == (one.size, one.mtime_ns):
            refused.append((one, turned_away[2]))
        elif any(size == one.size for _, size in strays) and (ids := strays.get((hash_of(one), one.size))):
            adopted.append((one, ids.pop()))
            known[adopted[-1][1]] = one
        else:
            upload.append(one)
    return Todo(upload, known, adopted, refused)


def unanswered(
    files: Iterable[Input], state: State, key_of: Callable[[Sequence[Input]], str], now: float
) -> list[list[Input]]:
    """Requests that were begun, and of which nobody knows what the server kept or is still keeping: to be
    repeated under their keys. Not those whose files have changed since, and those of long ago: what came of
    them can be looked up."""
    by_name = {one.name: one for one in files}
    found = []
    for key, (at, names) in state.begun.items():
        batch = [by_name[name] for name in names if name in by_name]
        if len(batch) == len(names) and now - at < _REPEATED_WITHIN_S and key_of(batch) == key:
            told = [state.sent.get(one.name) or state.refused.get(one.name) for one in batch]
            if any(
                before is None or before[:2] != (one.size, one.mtime_ns)
                for one, before in zip(batch, told, strict=True)
            ):
                found.append(batch)
    return found


def _same(one: Input, before: tuple[int, int, str], image: Image, hash_of: Callable[[Input], str]) -> bool:
    if before[:2] == (one.size, one.mtime_ns):
        return True
    return one.size == image.size_bytes and hash_of(one) == image.sha256


def _by_content(images: Iterable[Image]) -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    for image in images:
        found.setdefault((image.sha256, image.size_bytes), []).append(image.id)
    return found


def hash_of(one: Input) -> str:
    """Raises OSError."""
    with one.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def target_name(
    one: Input, output: str | None, extension: str, canonical: Callable[[str], str | None]
) -> str:
    """Where a result lies below the result's folder: as its original in its tree.

    Of several outputs each has a tree of its own. The name keeps its ending where that says the result's
    format, and gets the result's `extension` otherwise. `canonical`: which format an ending stands for.
    """
    path = Path(one.name)
    if canonical(path.suffix) != canonical(extension):
        path = path.with_suffix(extension)
    return path.as_posix() if output in (None, "filtered") else f"{output}/{path.as_posix()}"
