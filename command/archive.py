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
from pathlib import Path
from typing import Protocol

from command.exits import Ended
from dpip.home import PRIVATE_FILE, PRIVATE_FOLDER

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
_UNFINISHED = ".unfinished"


class Sink(Protocol):
    def write(self, name: str, data: bytes) -> None: ...
    def finish(self) -> None:
        """From here on it is there under its name."""

    def abandon(self) -> None:
        """Remove what was written."""


class Source(Protocol):
    def read(self, name: str) -> bytes:
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
        self._sums.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
        self._sink.write(name, data)

    def finish(self, manifest: bytes, digest_of_sums: str) -> None:
        self._sink.write(SUMS, self.sums)
        self._sink.write(MANIFEST, manifest)
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
        self.manifest = self._source.read(MANIFEST)
        self._raw_sums = self._source.read(SUMS)
        lines = (line.split("  ", 1) for line in self._raw_sums.decode().splitlines())
        self._sums = {name: digest for digest, name in lines}

    def check_sums(self, digest: str) -> None:
        self._check(SUMS, self._raw_sums, digest)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._sums)

    def read(self, name: str) -> bytes:
        data = self._source.read(name)
        self._check(name, data, self._sums.get(name, ""))
        return data

    def close(self) -> None:
        self._source.close()

    @staticmethod
    def _check(name: str, data: bytes, digest: str) -> None:
        if hashlib.sha256(data).hexdigest() != digest:
            raise Ended(f"the backup is damaged: {name} is not what was written")


class _FolderSink:
    def __init__(self, target: Path) -> None:
        self._target = target
        self._folder = target.with_name(target.name + _UNFINISHED)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
        self._made: set[Path] = set()

    def write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        if path.parent not in self._made:
            path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            self._made.add(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)

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

    def write(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = len(data), PRIVATE_FILE, int(time.time())
        self._tar.addfile(member, io.BytesIO(data))
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

    def read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
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

    def read(self, name: str) -> bytes:
        stream = self._tar.extractfile(self._members[name]) if name in self._members else None
        if stream is None:
            raise Ended(f"{self._file} is no whole backup: it holds no {name}")
        with stream:
            return stream.read()

    def close(self) -> None:
        self._tar.close()
