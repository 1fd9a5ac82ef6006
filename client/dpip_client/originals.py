"""What is uploaded: files and bytes, put together into requests. Small ones travel together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

SMALL_BYTES = 1 << 20  # an upload of its own costs the server as much as so many bytes, about
BATCH_BYTES = 8 << 20
BATCH_FILES = 64  # as many as the server keeps in one transaction

Source: TypeAlias = "str | Path | tuple[str, bytes]"


@dataclass(frozen=True, slots=True)
class Original:
    """One picture: a file, or bytes with a name."""

    source: Any  # what the caller gave, handed back with what became of it
    name: str
    size: int
    path: Path | None
    data: bytes = b""

    @staticmethod
    def of(source: Source) -> Original:
        """Raises OSError for a file that cannot be looked at."""
        if isinstance(source, tuple):
            name, data = source
            return Original(source, name, len(data), None, data)
        file = Path(source)
        return Original(source, file.name, file.stat().st_size, file)


def batches(sources: Iterable[Source]) -> Iterator[list[Original]]:
    """In the order given: neighbours that are small together, any other alone."""
    waiting: list[Original] = []
    for source in sources:
        original = Original.of(source)
        large = original.size > SMALL_BYTES
        full = sum(one.size for one in waiting) + original.size > BATCH_BYTES
        if waiting and (large or full or len(waiting) >= BATCH_FILES):
            yield waiting
            waiting = []
        waiting.append(original)
        if large:
            yield waiting
            waiting = []
    if waiting:
        yield waiting
