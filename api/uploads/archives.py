"""The files in a zip or tar archive, read within bounds: nothing is unpacked by name, nothing is trusted."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from api.web.bodies import PIECE_BYTES
from dpip.errors import Malformed, NotReady, TooLarge

MAX_FILES = 20_000
MAX_ENTRIES = 4 * MAX_FILES  # of a tar, with those that are passed over
UNPACKED_BYTES = 4 * 2**30  # an archive may always unpack to as much as this,
UNPACKED_TIMES = 20  # and a large one to so many times its own size
ZIP = frozenset({"application/zip", "application/x-zip-compressed"})
TAR = frozenset({"application/x-tar", "application/tar", "application/gzip", "application/x-gtar"})

Pieces = Iterator[bytes]

_DIRECTORY_BYTES = 8 * 2**20  # a zip's table of contents, which is read as a whole
_LABEL_BYTES = 64 * 1024  # a long name or other facts before a file of a tar, read as a whole
_LABELS = frozenset(
    {
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    }
)


def members(stream: BinaryIO, media_type: str, *, marked_end: bool = False) -> Iterator[tuple[str, Pieces]]:
    """(name, bytes in pieces) of every file, in the archive's order.

    Take the pieces of each before asking for the next; those that are not taken are passed over, as are
    folders, links, devices, hidden files and what operating systems add. Both raise `Malformed` for what is
    no such archive, or is damaged, encrypted or sparse, and `TooLarge` for too many files, and for a small
    archive that unpacks to a huge heap. With `marked_end` a tar without the mark at its end is taken for one
    that was cut off.
    """
    source = _Source(stream)
    found = _zip(source) if media_type in ZIP else _tar(source, _MarkedMember if marked_end else _Member)
    number = 0
    while True:
        with _readable():
            name, file = next(found, (None, None))
        if name is None or file is None:
            return
        number += 1
        if number > MAX_FILES:
            raise TooLarge(f"an archive may hold at most {MAX_FILES:,} files; send it in parts")
        yield name, _pieces(file.read, source)


class _Source:
    """The archive itself: how much of it was read, and no more than a bounded part of it at once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek = getattr(stream, "seek", None)
        self.tell = getattr(stream, "tell", None)
        self.taken = 0
        self.unpacked = 0

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        most = _DIRECTORY_BYTES + 1
        try:
            data = self._stream.read(most if size < 0 else min(size, most))
        except OSError as error:  # of the store, where it waits; it is no fault of the archive's
            raise NotReady(f"the archive cannot be read back: {error.strerror or error}") from error
        if len(data) == most:
            raise TooLarge("the archive's table of contents is too large; send it in parts")
        self.taken += len(data)
        return data

    def count(self, piece: bytes) -> None:
        self.unpacked += len(piece)
        if self.unpacked > UNPACKED_BYTES + UNPACKED_TIMES * self.taken:
            raise TooLarge(f"the archive unpacks to more than {UNPACKED_TIMES} times its own size")


class _Member(tarfile.TarInfo):
    """A tar's entry whose labels are bounded: the library reads them into memory before they are seen."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Member:
        entry = super().frombuf(buf, encoding, errors)
        if entry.size < 0 or (entry.type in _LABELS and entry.size > _LABEL_BYTES):
            raise Malformed("the archive cannot be read: an entry in it has an impossible size")
        return entry


class _MarkedMember(_Member):
    """An entry of a tar that must say where it ends: nobody else can tell whether it came whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _MarkedMember:
        if not buf:
            raise Malformed("the archive is cut off: the mark at the end of a tar is missing; send it again")
        return cast("_MarkedMember", super().frombuf(buf, encoding, errors))


def _zip(source: _Source) -> Iterator[tuple[str, BinaryIO]]:
    with zipfile.ZipFile(cast("BinaryIO", source)) as archive:
        for info in archive.infolist():
            if info.is_dir() or not _wanted(info.filename):
                continue
            if info.flag_bits & 1:
                raise Malformed(f"{info.filename!r} in the archive is encrypted; send it without a password")
            with archive.open(info) as file:
                yield info.filename, cast("BinaryIO", file)


def _tar(source: _Source, member: type[_Member]) -> Iterator[tuple[str, BinaryIO]]:
    with tarfile.open(fileobj=cast("BinaryIO", source), mode="r|*", tarinfo=member) as archive:
        for number, info in enumerate(archive):
            if number >= MAX_ENTRIES:
                raise TooLarge("the archive has too many folders, links and the like; send images only")
            if info.issparse():
                raise Malformed(f"{info.name!r} in the archive is a sparse file; send it as a plain one")
            file = archive.extractfile(info) if info.isreg() else None
            if file is not None and _wanted(info.name):
                yield info.name, cast("BinaryIO", file)


def _pieces(read: Callable[[int], bytes], source: _Source) -> Pieces:
    while True:
        with _readable():
            piece = read(PIECE_BYTES)
        if not piece:
            return
        source.count(piece)
        yield piece


@contextmanager
def _readable() -> Iterator[None]:
    """What the libraries raise for archives that are damaged, or made to be trouble, is `Malformed`."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,
        ValueError,
        ArithmeticError,
        LookupError,
        TypeError,
        struct.error,
        OSError,
    ) as error:
        raise Malformed(f"the archive cannot be read: {_said(error)}") from error


_TELLING = (zipfile.BadZipFile, tarfile.TarError, NotImplementedError)


def _said(error: Exception) -> str:
    """Its words, where they are about the archive."""
    if not isinstance(error, _TELLING) or not str(error):
        return "it is damaged"
    return str(error)


def _wanted(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return not any((part.startswith(".") and part not in {".", ".."}) or part == "__MACOSX" for part in parts)
