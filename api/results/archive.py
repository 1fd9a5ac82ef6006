"""Everything of a workload as one zip, made while it is sent. Pictures are compressed already: it stores."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO

from api.parts import Parts
from api.results.media import format_of
from api.results.outputs import output_of
from api.web.bodies import PIECE_BYTES
from dpip.domain import ImageKind, StoredImage, Workload
from dpip.file_names import portable_extension, portable_stem
from dpip.names import clash_key

MEDIA_TYPE = "application/zip"
_PAGE = 500  # rows at a time
_EIGHTIES = 315_619_200.0  # a zip knows no time before


def archive(parts: Parts, workload: Workload, kind: ImageKind) -> Iterator[bytes]:
    """The zip in pieces: images in order of upload, called as their originals were.

    Of a pipeline with several outputs each has a folder of its own. Raises `MissingBytes` on the way for what
    was deleted meanwhile: the zip then breaks off, and no program takes it for whole.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as out:
        for image, name in _named(parts, workload, kind):
            moment = datetime.fromtimestamp(max(image.created_at, _EIGHTIES), UTC)
            entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
            entry.file_size = image.facts.size_bytes  # so that it knows whether it has to be a large one
            entry.external_attr = 0o644 << 16
            with _open(parts, image.key) as source, out.open(entry, "w") as sink:
                for piece in iter(partial(source.read, PIECE_BYTES), b""):
                    sink.write(piece)
                    yield pipe.take()
            yield pipe.take()
    yield pipe.take()


class _Pipe(io.RawIOBase):
    """What the zip is written to, and taken from; nobody can go back in it."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._written.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._written)
        self._written.clear()
        return taken


def _named(parts: Parts, workload: Workload, kind: ImageKind) -> Iterator[tuple[StoredImage, str]]:
    """Each image with a name that every system takes, and no other has, whatever the letters' case."""
    taken: set[str] = set()
    several = len(workload.outputs) > 1 and kind is ImageKind.FILTERED
    original: StoredImage | None = None
    for image in _images(parts, workload.id):
        if image.kind is ImageKind.ORIGINAL:
            original = image  # comes before what was made of it
        if image.kind is not kind:
            continue
        called = original.name if original is not None else None
        stem = PurePosixPath(called).stem if called else image.id
        extension = format_of(image.facts.format).extension
        if (called and kind is ImageKind.ORIGINAL) or (called and _same_format(called, extension)):
            extension = portable_extension(PurePosixPath(called).suffix) or extension
        output = output_of(image.id)
        folder = f"{portable_stem(output[1])}/" if several and output else ""
        yield image, _free(taken, folder + (portable_stem(stem) or image.id), extension)


def _same_format(name: str, extension: str) -> bool:
    """`.jpg` and `.jpeg` are one: what was called so is called so again."""
    known = {".jpg": ".jpeg", ".tif": ".tiff", ".jpe": ".jpeg"}
    suffix = PurePosixPath(name).suffix.lower()
    return known.get(suffix, suffix) == known.get(extension, extension)


def _free(taken: set[str], stem: str, extension: str) -> str:
    name, number = stem + extension, 1
    while clash_key(name) in taken:
        number += 1
        name = f"{stem} ({number}){extension}"
    taken.add(clash_key(name))
    return name


def _images(parts: Parts, workload_id: str) -> Iterator[StoredImage]:
    after: str | None = None
    while True:
        page = parts.catalog.images(workload_id, limit=_PAGE, after=after)
        yield from page.items
        if page.next is None:
            return
        after = page.next


def _open(parts: Parts, key: str) -> BinaryIO:
    path = parts.store.local_path(key)
    return path.open("rb") if path is not None else io.BytesIO(parts.store.get(key))
