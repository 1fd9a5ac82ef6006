"""Image bytes: where they are kept, and how workers come by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from dpip.domain import (
    DEFAULT_OUTPUT,
    ClaimedJob,
    ImageFacts,
    Making,
    Output,
    Timings,
)

NO_TIME = Timings()


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """An entry of an image store's listing."""

    key: str
    size_bytes: int
    modified_at: float


@dataclass(frozen=True, slots=True)
class Space:
    """Of the disk, or whatever else holds a store's bytes; other things may lie there, too."""

    free_bytes: int
    total_bytes: int


class Upload(Protocol):
    """Bytes on their way into the store: nobody sees them until `commit`. Close by commit or abort."""

    def write(self, data: bytes | bytearray | memoryview) -> int: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def sha256(self) -> str:
        """Hexadecimal digest of what was written."""

    def reader(self) -> BinaryIO:
        """A fresh reader over what was written so far (to read an image's header)."""

    def commit(self, key: str) -> None:
        """Make the bytes durable and visible under `key`. Raises `StorageFull`."""

    def abort(self) -> None:
        """Throw the bytes away; does nothing after `commit`."""


class ImageStore(Protocol):
    """Where image bytes live. A key is `<directory>/<file name>`; written once, never changed."""

    def begin(self) -> Upload:
        """Raises `StorageFull` (so does `Upload.write`)."""

    def put(self, key: str, data: bytes | memoryview) -> None:
        """Store `data` under `key` in one go, durably. Raises `StorageFull`."""

    def get(self, key: str) -> bytes:
        """Raises `MissingBytes`."""

    def local_path(self, key: str) -> Path | None:
        """The file that holds the bytes, where there is one on this machine. Raises `MissingBytes`."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove what is there; missing keys are no error. An emptied directory goes too."""

    def entries(self) -> Iterator[StoredBytes]: ...
    def sweep_unfinished(self, older_than_s: float) -> int:
        """Remove what crashed uploads left behind; returns how many files went."""

    def space(self) -> Space | None:
        """How much room there is; None where nobody can say. Raises `NotReady`."""


class ImageExchange(Protocol):
    """How a worker gets an original and hands in a result."""

    def fetch(self, claimed: ClaimedJob) -> bytes:
        """The original's bytes. Raises `MissingBytes`, or `TryLater` when the store is away."""

    def deliver(
        self,
        claimed: ClaimedJob,
        data: bytes,
        facts: ImageFacts,
        output: str = DEFAULT_OUTPUT,
        before: Sequence[Output] = (),
        *,
        last: bool = True,
        making: Making | None = None,
        timings: Timings = NO_TIME,
    ) -> str:
        """Store one output of the job and return its key. `before` are those that were delivered before it;
        more will come unless it is the `last`. `timings` are the job's so far. Raises `Fenced`,
        `StorageFull`, `TryLater`."""
