"""Multipart forms, parsed as they arrive: fields into memory, within bounds, a file straight to its sink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flask import Request
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from api.bodies import PIECE_BYTES
from dpip.errors import Malformed, TooLarge

MAX_PARTS = 64
MAX_FIELDS_BYTES = 64 * 1024  # of all words of a request together


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class FilePart:
    """What a form says of a file, beside its bytes."""

    field: str
    filename: str | None


class _Form:
    def __init__(self, open_file: Callable[[], Sink]) -> None:
        self._open_file = open_file
        self.pairs: list[tuple[str, object]] = []
        self.files: list[FilePart] = []
        self._name = ""
        self._sink: Sink | None = None
        self._words = bytearray()
        self._left = MAX_FIELDS_BYTES

    def begin(self, part: MultipartSegment) -> None:
        self._name = part.name or ""
        # `filename` is there, though it may be empty, when the client sends a file.
        if part.filename is not None:
            self._sink = self._open_file()
            self.files.append(FilePart(self._name, part.filename or None))

    def data(self, piece: bytes) -> None:
        if self._sink is not None:
            self._sink.write(piece)
            return
        self._left -= len(piece)
        if self._left < 0:
            raise _too_large()
        self._words += piece

    def end(self) -> None:
        if self._sink is None:
            self.pairs.append((self._name, self._words.decode(errors="replace")))
        self._words.clear()
        self._sink = None


def read_form(
    request: Request, open_file: Callable[[], Sink]
) -> tuple[list[tuple[str, object]], list[FilePart]]:
    """The fields and the files of a multipart body, in order; each file streams into what `open_file` gives.

    Raises `Malformed` for what is no such form, or is cut off, `TooLarge` for too many or too long fields,
    and whatever `open_file` and its sink raise.
    """
    form = _Form(open_file)
    try:
        boundary = request.mimetype_params.get("boundary", "")
        with PushMultipartParser(boundary, max_segment_count=MAX_PARTS) as parser:
            while not parser.closed:
                for event in parser.parse(request.stream.read(PIECE_BYTES)):
                    if isinstance(event, MultipartSegment):
                        form.begin(event)
                    elif event is None:
                        form.end()
                    else:
                        form.data(event)
    except ParserLimitReached:
        raise _too_large() from None
    except MultipartError as error:
        raise Malformed(f"the multipart body cannot be read, or is cut off: {error}") from None
    return form.pairs, form.files


def _too_large() -> TooLarge:
    return TooLarge(
        f"a form has at most {MAX_PARTS} parts, and fields that are no files are short. "
        "Is the image sent as a file? curl wants --form data=@picture.jpg"
    )
