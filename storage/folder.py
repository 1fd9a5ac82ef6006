"""A store in a folder: one directory per workload, one file per image.

An upload is written to a hidden file first, and `commit` renames it to its final name, so that a key is
there whole or not at all, whichever process dies when. A store that flushes also waits until the disk
has the file and both directories; then that holds for a power cut, too.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from dpip.errors import MissingBytes, NotReady, StorageFull
from dpip.home import PRIVATE_FILE, PRIVATE_FOLDER, Home
from dpip.ports import Clock, Space, StoredBytes
from storage import keys

_INCOMING = ".incoming"
MARK = ".store-mark"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_NAME_BYTES = 8
RESERVE_BYTES = 64 * 2**20  # of the disk that no image begins to use, or a part of it on a small disk:
RESERVE_PART = 1 / 16  # where the database lies there, too, it must write when somebody logs in, or deletes
_RENAME_TRIES = 20  # a directory may be removed as empty between its making and the rename


class FolderStore:
    """An `ImageStore` in `root`; several processes may use the same folder at the same time."""

    def __init__(self, root: Path, clock: Clock = time.time, *, flush: bool = False) -> None:
        self.root = root
        self._flush = flush
        self._incoming = root / _INCOMING
        self._clock = clock
        # Of unfinished files: no other store's in the folder, on whatever machine, and no other process's.
        self._prefix = secrets.token_hex(_NAME_BYTES)
        self._numbers = itertools.count()

    def begin(self) -> FolderUpload:
        with _translated(self.root):
            name = f"{self._incoming}/{self._prefix}-{os.getpid()}-{next(self._numbers)}"
            try:
                _leave_reserve(self._incoming)
                descriptor = os.open(name, _NEW_FILE, PRIVATE_FILE)
            except FileNotFoundError:
                self._make_root()
                self._incoming.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
                descriptor = os.open(name, _NEW_FILE, PRIVATE_FILE)
        return FolderUpload(self.root, descriptor, name, flush=self._flush)

    def put(self, key: str, data: bytes | memoryview) -> None:
        keys.split(key)
        upload = self.begin()
        try:
            upload.write_unhashed(data)
            upload.commit(key)
        finally:
            upload.abort()

    def get(self, key: str) -> bytes:
        with _translated(self.root, key), open(self._name(key), "rb", buffering=0) as file:  # noqa: PTH123
            return file.read()

    def local_path(self, key: str) -> Path:
        path = self._path(key)
        if not path.is_file():
            raise MissingBytes(f"the image store holds nothing under {key}")
        return path

    def delete(self, keys: Iterable[str]) -> None:
        paths = [self._path(key) for key in keys]
        with _translated(self.root):
            for path in paths:
                path.unlink(missing_ok=True)
        for folder in {path.parent for path in paths}:
            with contextlib.suppress(OSError):  # not empty, or gone already
                folder.rmdir()

    def entries(self) -> Iterator[StoredBytes]:
        """In no particular order. What comes or goes meanwhile may be there or not."""
        for folder in _scan(self.root):
            if not _visible(folder) or not folder.is_dir(follow_symlinks=False):
                continue
            for file in _scan(Path(folder.path)):
                with contextlib.suppress(FileNotFoundError):
                    facts = file.stat(follow_symlinks=False)
                    if _visible(file) and stat.S_ISREG(facts.st_mode):
                        yield StoredBytes(f"{folder.name}/{file.name}", facts.st_size, facts.st_mtime)

    def sweep_unfinished(self, older_than_s: float) -> int:
        swept = 0
        for file in _scan(self._incoming):
            with contextlib.suppress(FileNotFoundError):
                if self._clock() - file.stat(follow_symlinks=False).st_mtime >= older_than_s:
                    Path(file.path).unlink()
                    swept += 1
        return swept

    def space(self) -> Space:
        with _translated(self.root):
            self._make_root()
            usage = shutil.disk_usage(self.root)
        return Space(usage.free, usage.total)

    def mark(self) -> str:
        """A random word that lies in this folder, made at the first call; see `storage.sharing`."""
        with _translated(self.root):
            self._make_root()
            return Home(self.root).ensure_secret(self.root / MARK)

    def _make_root(self) -> None:
        self.root.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)

    def _path(self, key: str) -> Path:
        return Path(self._name(key))

    def _name(self, key: str) -> str:
        folder, name = keys.split(key)
        return f"{self.root}/{folder}/{name}"


class FolderUpload:
    """An `Upload` to a hidden file of the store's."""

    def __init__(self, root: Path, descriptor: int, name: str, *, flush: bool) -> None:
        self._root = root
        self._flush = flush
        self._descriptor: int | None = descriptor
        self._name = name
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> int:
        written = self.write_unhashed(data)
        self._digest.update(data)
        return written

    def write_unhashed(self, data: bytes | bytearray | memoryview) -> int:
        """For bytes whose digest nobody asks for here; `sha256` leaves them out."""
        descriptor = self._open()
        rest = memoryview(data).cast("B")
        total = len(rest)
        with _translated(self._root):
            while rest:
                written = os.write(descriptor, rest)
                self._size += written
                rest = rest[written:]
        return total

    @property
    def size_bytes(self) -> int:
        return self._size

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def reader(self) -> BinaryIO:
        with _translated(self._root):
            return open(self._name, "rb")  # noqa: PTH123 - the hot path of every image; the caller's

    def commit(self, key: str) -> None:
        folder, name = keys.split(key)
        try:
            with _translated(self._root):
                descriptor = self._open()
                os.utime(descriptor)  # the sweeper counts from here, however long the upload took
                if self._flush:
                    os.fsync(descriptor)
                self._rename(f"{self._root}/{folder}", name)
                if self._flush:
                    _flush_folder(self._root / folder)
                    _flush_folder(self._root)
            self._close()
        finally:
            self.abort()

    def abort(self) -> None:
        if self._descriptor is not None:
            self._close()
            Path(self._name).unlink(missing_ok=True)

    def _open(self) -> int:
        if self._descriptor is None:
            raise ValueError("this upload is over")
        return self._descriptor

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _rename(self, folder: str, name: str) -> None:
        for _ in range(_RENAME_TRIES):
            try:
                os.rename(self._name, f"{folder}/{name}")  # noqa: PTH104 - the hot path of every image
            except FileNotFoundError:
                if not Path(self._name).exists():
                    raise NotReady(
                        "the upload was swept away before it was finished; send it again"
                    ) from None
                with contextlib.suppress(FileExistsError):  # made, or removed again, by another
                    os.mkdir(folder, PRIVATE_FOLDER)  # noqa: PTH102
            else:
                return
        raise NotReady(f"{folder} is removed again and again while an image is stored in it")


def _visible(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".")


def _scan(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            yield from found
    except (FileNotFoundError, NotADirectoryError):
        return


def _leave_reserve(folder: Path) -> None:
    """Raises `OSError`, as a disk does that is full."""
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize < min(RESERVE_BYTES, RESERVE_PART * disk.f_blocks * disk.f_frsize):
        raise OSError(errno.ENOSPC, "what is left is for the database and the logs")


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _translated(root: Path, key: str | None = None) -> Iterator[None]:
    """Turn what the operating system says into what the port promises."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull(f"the image store {root} is full ({error.strerror})") from error
        if key is not None and isinstance(error, (FileNotFoundError, NotADirectoryError, IsADirectoryError)):
            raise MissingBytes(f"the image store holds nothing under {key}") from None
        raise NotReady(f"the image store {root} cannot be used: {error.strerror or error}") from error
