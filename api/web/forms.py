"""Multipart forms, parsed as they arrive: fields into memory, within bounds, a file straight to its sink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from flask import Request
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser
from werkzeug.http import parse_options_header

from api.web.bodies import PIECE_BYTES
from dpip.errors import Malformed, TooLarge

MAX_PARTS = 64
MAX_FIELDS_BYTES = 64 * 1024  # of all words of a request together


class Sink(Protocol):
    """Where a file of a form goes."""

    def write(self, data: bytes, /) -> object: ...
    def end(self) -> None:
        """The file came whole."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """What a form says of a file, beside its bytes."""

    field: str
    filename: str | None


_ANY_BYTES = "latin-1"  # the parser refuses names that are no UTF-8; old clients do send them

OpenFile: TypeAlias = Callable[[FilePart], Sink]


class _Form:
    def __init__(self, open_file: OpenFile) -> None:
        self._open_file = open_file
        self.pairs: list[tuple[str, object]] = []
        self._name = ""
        self._sink: Sink | None = None
        self._words = bytearray()
        self._left = MAX_FIELDS_BYTES

    def begin(self, part: MultipartSegment) -> None:
        self._name = _read_as_utf8(part.name or "")
        # It is there, though it may be empty, when the client sends a file.
        filename = _filename(part)
        if filename is not None:
            self._sink = self._open_file(FilePart(self._name, filename or None))

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
        else:
            self._sink.end()
        self._words.clear()
        self._sink = None


def read_form(request: Request, open_file: OpenFile, max_parts: int = MAX_PARTS) -> list[tuple[str, object]]:
    """The fields of a multipart body, in order; each file streams into what `open_file` gives for it.

    Raises `Malformed` for what is no such form, or is cut off, `TooLarge` for too many or too long fields,
    and whatever `open_file` and its sink raise.
    """
    form = _Form(open_file)
    try:
        boundary = request.mimetype_params.get("boundary", "")
        with PushMultipartParser(boundary, max_segment_count=max_parts, header_charset=_ANY_BYTES) as parser:
            while not parser.closed:
                for event in parser.parse(request.stream.read(PIECE_BYTES)):
                    if isinstance(event, MultipartSegment):
                        form.begin(event)
                    elif event is None:
                        form.end()
                    else:
                        form.data(event)
    except ParserLimitReached:
        raise _too_large(max_parts) from None
    except MultipartError as error:
        raise Malformed(f"the multipart body cannot be read, or is cut off: {error}") from None
    return form.pairs


def _filename(part: MultipartSegment) -> str | None:
    if part.filename is not None:
        return _read_as_utf8(part.filename)
    disposition = str(part.header("Content-Disposition", ""))
    if "filename" not in disposition.lower():
        return None
    # Older libraries send a name beyond ASCII as `filename*` only.
    return parse_options_header(disposition)[1].get("filename")


def _read_as_utf8(text: str) -> str:
    return text.encode(_ANY_BYTES, errors="replace").decode(errors="replace")


def _too_large(max_parts: int = MAX_PARTS) -> TooLarge:
    return TooLarge(
        f"a form has at most {max_parts} parts here, and fields that are no files are short. "
        "Is the image sent as a file? curl wants --form data=@picture.jpg"
    )
