"""Downloads that are there whole or not at all: written to a hidden file beside, checked, then renamed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dpip_client.errors import Damaged

_SHA256 = re.compile(r'^"([0-9a-f]{64})"$')
# What a name of DPIP's looks like; and what Windows takes for a device, whatever ends it.
_PLAIN = re.compile(r"\w[\w .()+-]{0,180}(?<![ .])", re.ASCII)
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d) *(\.|$)", re.IGNORECASE)
_FILENAME = re.compile(r'filename="?([^";]+)"?')


class Digest:
    """What passed by, as a hash: compared with the `ETag`, which is the SHA-256 of the bytes."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def begin(self) -> None:
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._hash.update(data)

    def check(self, headers: Mapping[str, str]) -> None:
        """Raises `Damaged`."""
        announced = _SHA256.match(headers.get("etag", ""))
        if announced and announced[1] != self._hash.hexdigest():
            raise Damaged("the image came damaged: its bytes are not those that were announced")


class Memory(Digest):
    """Keeps what comes."""

    def __init__(self) -> None:
        super().__init__()
        self._data = bytearray()

    def begin(self) -> None:
        super().begin()
        self._data.clear()

    def write(self, data: bytes) -> None:
        super().write(data)
        self._data += data

    def taken(self, headers: Mapping[str, str]) -> bytes:
        """Raises `Damaged`."""
        self.check(headers)
        return bytes(self._data)


class Saving(Digest):
    """A file on its way; `keep` puts it where it belongs."""

    def __init__(self, stream: BinaryIO, hidden: Path, target: Path) -> None:
        super().__init__()
        self._stream = stream
        self._hidden = hidden
        self._target = target

    def begin(self) -> None:
        super().begin()
        self._stream.seek(0)
        self._stream.truncate()

    def write(self, data: bytes) -> None:
        super().write(data)
        self._stream.write(data)

    def keep(self, headers: Mapping[str, str]) -> Path:
        """Where it lies. A folder as target gets the name that the server gives. Raises `Damaged`."""
        self.check(headers)
        self._stream.flush()
        target = self._target / _name(headers) if self._target.is_dir() else self._target
        self._hidden.replace(target)
        return target


@contextmanager
def saving(target: Path) -> Iterator[Saving]:
    """What was not kept by the end of the block is removed. Raises OSError."""
    folder = target if target.is_dir() else target.parent
    folder.mkdir(parents=True, exist_ok=True)
    hidden = folder / f".{os.getpid():x}-{os.urandom(6).hex()}.part"
    with hidden.open("xb") as stream:
        try:
            yield Saving(stream, hidden, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                hidden.unlink()


def _name(headers: Mapping[str, str]) -> str:
    """Nothing but a name, and one that every system takes: what a server says must not lead out of the
    folder, nor to a device or a stream."""
    found = _FILENAME.search(headers.get("content-disposition", ""))
    name = Path(found[1].replace("\\", "/")).name if found else ""
    return name if _PLAIN.fullmatch(name) and not _DEVICE.match(name) else "image"
