"""The files in a zip or tar archive, read within bounds: nothing is unpacked by name, nothing is trusted."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from api.bodies import PIECE_BYTES
from dpip.errors import Malformed, TooLarge

MAX_FILES = 20_000
ZIP = frozenset({"application/zip", "application/x-zip-compressed"})
TAR = frozenset({"application/x-tar", "application/tar", "application/gzip", "application/x-gtar"})

Pieces = Iterator[bytes]


def members(stream: BinaryIO, media_type: str) -> Iterator[tuple[str, Pieces]]:
    """(name, bytes in pieces) of every file, in the archive's order; read each before asking for the next.

    Folders, links, devices, hidden files and what operating systems add are passed over. Raises
    `Malformed` for what is no such archive, or is damaged or encrypted, and `TooLarge` for too many files.
    """
    found = _zip(stream) if media_type in ZIP else _tar(stream)
    try:
        for number, (name, pieces) in enumerate(found):
            if number >= MAX_FILES:
                raise TooLarge(f"an archive may hold at most {MAX_FILES:,} files; send it in parts")
            yield name, pieces
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError) as error:
        raise Malformed(f"the archive cannot be read: {error}") from None


def _zip(stream: BinaryIO) -> Iterator[tuple[str, Pieces]]:
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            if info.is_dir() or not _wanted(info.filename):
                continue
            if info.flag_bits & 1:
                raise Malformed(f"{info.filename!r} in the archive is encrypted; send it without a password")
            with archive.open(info) as file:
                yield info.filename, iter(lambda: file.read(PIECE_BYTES), b"")


def _tar(stream: BinaryIO) -> Iterator[tuple[str, Pieces]]:
    with tarfile.open(fileobj=stream, mode="r|*") as archive:
        for info in archive:
            file = archive.extractfile(info) if info.isreg() else None
            if file is not None and _wanted(info.name):
                yield info.name, iter(lambda: file.read(PIECE_BYTES), b"")  # noqa: B023 - read at once


def _wanted(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return not any((part.startswith(".") and part not in {".", ".."}) or part == "__MACOSX" for part in parts)
