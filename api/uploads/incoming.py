"""An image on its way in: bytes go from the request's body straight into the store's upload, once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from flask import Request

from api.web import fields
from api.web.bodies import PIECE_BYTES
from api.web.forms import MAX_FIELDS_BYTES, FilePart, read_form
from dpip.domain import ImageFacts
from dpip.errors import Malformed, TooLarge
from dpip.ports import ImageStore, Upload
from imaging import Header, Limits, check_complete, read_header

FILE_FIELDS = ("data", "image", "file")
VIDEO_FIELDS = ("data", "video", "file")
_FORM_OVERHEAD_BYTES = MAX_FIELDS_BYTES + 16 * 1024
_MAX_NAME_CHARS = 255


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a request brought. The bytes wait in `upload`, which is not committed yet."""

    fields: fields.Fields
    upload: Upload
    name: str | None  # the uploader's file name, without folders
    seconds: float = 0.0  # that it took to arrive

    def inspect(self, limits: Limits) -> tuple[Header, ImageFacts]:
        """Raises `UnsupportedFormat`, `TooLarge`, or `Unprocessable` for what is no whole picture."""
        return inspect(self.upload, limits)


def inspect(upload: Upload, limits: Limits) -> tuple[Header, ImageFacts]:
    """Raises `UnsupportedFormat`, `TooLarge`, or `Unprocessable` for what is no whole picture."""
    size = upload.size_bytes
    with upload.reader() as stream:
        header = read_header(stream, size, limits)
        check_complete(stream, size, header)
    return header, ImageFacts(header.format, header.width, header.height, size, upload.sha256)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request is to bring, in words."""

    what: str
    fields: tuple[str, ...]
    example: str  # how to send it
    others: str  # what to do with more of them


IMAGE = Wanted(
    "image",
    FILE_FIELDS,
    "beside the field workload_id: curl --form data=@picture.jpg --form workload_id=...",
    "send the others one by one, or all of them to POST /workloads/{workload_id}/images",
)
VIDEO = Wanted(
    "video",
    VIDEO_FIELDS,
    "beside the field filter: curl --form data=@film.mp4 --form filter=grayscale",
    "send the others one by one",
)


@contextmanager
def receive(
    request: Request, store: ImageStore, max_bytes: int, wanted: Wanted = IMAGE
) -> Iterator[Incoming]:
    """Take in a multipart form with one file, or a bare file with its fields in the query.

    What was not committed by the end of the block is thrown away. Raises `Malformed`, `TooLarge` and
    `StorageFull`.
    """
    _check_length(request, max_bytes, wanted.what)
    sink, begun = _Sink(store, max_bytes, wanted), time.monotonic()
    try:
        if request.mimetype == fields.MULTIPART:
            given = fields.unique(read_form(request, sink.open))
        elif request.mimetype.startswith(f"{wanted.what}/") or request.mimetype == "application/octet-stream":
            given = fields.unique(request.args.items(multi=True))
            _pour(request, sink.open(FilePart(wanted.fields[0], None)), wanted.what)
        else:
            raise Malformed(
                f"send the {wanted.what} as multipart/form-data, in a file field called {wanted.fields[0]}, "
                + wanted.example
            )
        yield Incoming(given, sink.upload(), sink.name, time.monotonic() - begun)
    finally:
        sink.close()


class _Sink:
    """The one file of a request, as the parser sees it: something to write to."""

    def __init__(self, store: ImageStore, max_bytes: int, wanted: Wanted) -> None:
        self._wanted = wanted
        self._store = store
        self._max_bytes = max_bytes
        self._upload: Upload | None = None
        self.name: str | None = None

    def open(self, part: FilePart) -> _Sink:
        """Begin the file. Raises `Malformed` when there was one already."""
        if self._upload is not None:
            what = self._wanted.what
            raise Malformed(f"a request to /{what}s brings exactly one {what} file; {self._wanted.others}")
        self.name = file_name(part, self._wanted.fields)
        self._upload = self._store.begin()
        return self

    def upload(self) -> Upload:
        if self._upload is None:
            raise Malformed(
                f"there is no file in this form; send the {self._wanted.what} in a file field called "
                + " or ".join(self._wanted.fields)
            )
        return self._upload

    def write(self, data: bytes) -> int:
        upload = self.upload()
        if upload.size_bytes + len(data) > self._max_bytes:
            raise _too_large(self._max_bytes, self._wanted.what)
        return upload.write(data)

    def end(self) -> None:
        """The parser is done with the file; what was written waits for its commit."""

    def close(self) -> None:
        if self._upload is not None:
            self._upload.abort()


def _check_length(request: Request, max_bytes: int, what: str) -> None:
    length = request.content_length
    if length is not None and length > max_bytes + _FORM_OVERHEAD_BYTES:
        raise _too_large(max_bytes, what, f"the body has {length:,} bytes; ")


def _too_large(max_bytes: int, what: str, before: str = "") -> TooLarge:
    article = "an" if what.startswith("i") else "a"
    return TooLarge(f"{before}{article} {what} file may have at most {max_bytes:,} bytes")


def _pour(request: Request, sink: _Sink, what: str) -> None:
    if request.content_length is None:
        raise Malformed(
            f"a bare {what} needs a Content-Length: without it nobody can tell whether it came whole"
        )
    while piece := request.stream.read(PIECE_BYTES):
        sink.write(piece)


def file_name(part: FilePart, fields: tuple[str, ...] = FILE_FIELDS) -> str | None:
    """The uploader's file name without folders. Raises `Malformed` for a file field of another name."""
    if part.field not in fields:
        raise Malformed(f"the file field is called {part.field!r}; call it {' or '.join(fields)}")
    return bare_name(part.filename or "")


def bare_name(path: str) -> str | None:
    bare = PureWindowsPath(PurePosixPath(path).name).name
    return "".join(char for char in bare if char.isprintable())[:_MAX_NAME_CHARS] or None
