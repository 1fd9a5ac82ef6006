"""What a backup looks like on the disk: a folder, or the same as a tar, in one plain layout.

manifest.json           what it is, and the digest of SHA256SUMS; written last
SHA256SUMS              a line for every other file, for `sha256sum -c`
database/<table>.jsonl  a row in each line
images/<key>            originals and results
secrets/<name>          only where they were asked for
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from command.exits import Ended
from dpip.home import PRIVATE_FILE, PRIVATE_FOLDER

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
_UNFINISHED = ".unfinished"


_PIECE_BYTES = 2**20  # of a video, which is not held in memory


class Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class Sink(Protocol):
    def copy(self, name: str, stream: Readable, size: int) -> None:
        """`size` bytes of the stream as a file."""

    def finish(self) -> None:
        """From here on it is there under its name."""

    def abandon(self) -> None:
        """Remove what was written."""


class Source(Protocol):
    def open(self, name: str) -> BinaryIO:
        """Raises `Ended` when it is not there."""

    def close(self) -> None: ...


class Writer:
    """Writes files and keeps their digests. Nobody but its owner may read them: they hold password hashes."""

    def __init__(self, target: Path) -> None:
        """Raises `Ended` where there is something already, or nothing can be written."""
        if target.exists():
            raise Ended(f"{target} is there already; a backup overwrites nothing")
        try:
            self._sink: Sink = _TarSink(target) if target.suffix == ".tar" else _FolderSink(target)
        except OSError as error:
            raise Ended(f"cannot write {target}: {error.strerror}") from error
        self._sums: list[str] = []

    def write(self, name: str, data: bytes) -> None:
        self.copy(name, io.BytesIO(data))

    def copy(self, name: str, stream: BinaryIO) -> int:
        """The rest of the stream, piece by piece; returns how many bytes those are."""
        at = stream.tell()
        size = stream.seek(0, io.SEEK_END) - at
        stream.seek(at)
        digested = _Digested(stream)
        self._sink.copy(name, digested, size)
        self._sums.append(f"{digested.hexdigest()}  {name}\n")
        return size

    def finish(self, manifest: bytes, digest_of_sums: str) -> None:
        for name, data in ((SUMS, self.sums), (MANIFEST, manifest)):
            self._sink.copy(name, io.BytesIO(data), len(data))
        self._sink.finish()
        if hashlib.sha256(self.sums).hexdigest() != digest_of_sums:
            raise AssertionError("the manifest is of other files")

    @property
    def sums(self) -> bytes:
        return "".join(self._sums).encode()

    def abandon(self) -> None:
        self._sink.abandon()


class Reader:
    """Reads files and believes none whose digest is another. Raises `Ended` for that."""

    def __init__(self, source: Path) -> None:
        self._source: Source = _FolderSource(source) if source.is_dir() else _TarSource(source)
        self.manifest = self._whole(MANIFEST)
        self._raw_sums = self._whole(SUMS)
        lines = (line.split("  ", 1) for line in self._raw_sums.decode().splitlines())
        self._sums = {name: digest for digest, name in lines}

    def check_sums(self, digest: str) -> None:
        self._check(SUMS, hashlib.sha256(self._raw_sums).hexdigest(), digest)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._sums)

    def read(self, name: str) -> bytes:
        data = self._whole(name)
        self._check(name, hashlib.sha256(data).hexdigest(), self._sums.get(name, ""))
        return data

    def pieces(self, name: str) -> Iterator[bytes]:
        """The same, a piece at a time: what was handed out is to be believed only once all of it was."""
        with self._source.open(name) as stream:
            digested = _Digested(stream)
            while piece := digested.read(_PIECE_BYTES):
                yield piece
        self._check(name, digested.hexdigest(), self._sums.get(name, ""))

    def close(self) -> None:
        self._source.close()

    def _whole(self, name: str) -> bytes:
        with self._source.open(name) as stream:
            return stream.read()

    @staticmethod
    def _check(name: str, found: str, wanted: str) -> None:
        if found != wanted:
            raise Ended(f"the backup is damaged: {name} is not what was written")


class _Digested:
    """What is read of a stream, and its SHA-256."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._digest.update(data)
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class _FolderSink:
    def __init__(self, target: Path) -> None:
        self._target = target
        self._folder = target.with_name(target.name + _UNFINISHED)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
        self._made: set[Path] = set()

    def copy(self, name: str, stream: Readable, size: int) -> None:  # noqa: ARG002 - all there is
        path = self._folder / name
        if path.parent not in self._made:
            path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            self._made.add(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(stream, file, _PIECE_BYTES)

    def finish(self) -> None:
        os.sync()  # one call for all files, instead of one for each
        self._folder.rename(self._target)

    def abandon(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class _TarSink:
    def __init__(self, target: Path) -> None:
        self._target = target
        self._file = target.with_name(target.name + _UNFINISHED)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._file.unlink(missing_ok=True)
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        self._stream = os.fdopen(descriptor, "wb")
        self._tar = tarfile.open(fileobj=self._stream, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def copy(self, name: str, stream: Readable, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, PRIVATE_FILE, int(time.time())
        self._tar.addfile(member, stream)
        self._tar.members = []  # type: ignore[attr-defined]  # it would keep every one in memory

    def finish(self) -> None:
        self._tar.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        self._file.rename(self._target)

    def abandon(self) -> None:
        self._stream.close()
        self._file.unlink(missing_ok=True)


class _FolderSource:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> BinaryIO:
        try:
            return (self._folder / name).open("rb")
        except OSError as error:
            raise Ended(f"{self._folder} is no whole backup: {name}: {error.strerror}") from None

    def close(self) -> None:
        return


class _TarSource:
    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._tar = tarfile.open(file)  # noqa: SIM115 - closed by `close`
            self._members = {member.name: member for member in self._tar if member.isfile()}
        except (OSError, tarfile.TarError) as error:
            raise Ended(f"{file} is no backup: {error}") from None

    def open(self, name: str) -> BinaryIO:
        stream = self._tar.extractfile(self._members[name]) if name in self._members else None
        if stream is None:
            raise Ended(f"{self._file} is no whole backup: it holds no {name}")
        return cast("BinaryIO", stream)

    def close(self) -> None:
        self._tar.close()
