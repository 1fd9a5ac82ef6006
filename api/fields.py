"""What a request says in words: from a form, a JSON object or the query."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import IO, Any, NoReturn, TypeAlias
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from dpip.errors import Malformed, TooLarge

MAX_FIELDS_BYTES = 64 * 1024  # of all words of a request together
MAX_PARTS = 64
_PARSER_BYTES = 8 * MAX_FIELDS_BYTES  # the multipart parser holds pieces of the file, too, for a moment
MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
_SHAPES = "send a form (multipart or urlencoded), a JSON object, or nothing"

Fields: TypeAlias = dict[str, object]
OpenFile: TypeAlias = Callable[..., IO[bytes]]  # werkzeug calls it with what the part's header says


def read_fields(request: Request) -> Fields:
    """All fields of a request that carries no file. Raises `Malformed` and `TooLarge`."""
    fields = unique(request.args.items(multi=True))
    if request.content_length is not None and request.content_length > MAX_FIELDS_BYTES:
        raise TooLarge(
            f"the body has {request.content_length:,} bytes; at most {MAX_FIELDS_BYTES:,} are taken here"
        )
    if request.mimetype == MULTIPART:
        found, _ = read_multipart(request, _no_file)
    else:
        found = _plain_body(request)
    return merged(fields, found)


def read_multipart(request: Request, open_file: OpenFile) -> tuple[Fields, list[tuple[str, FileStorage]]]:
    """The fields and the files of a multipart body; each file streams into what `open_file` returns."""
    parser = FormDataParser(
        stream_factory=open_file,
        max_form_memory_size=_PARSER_BYTES,
        max_form_parts=MAX_PARTS,
        silent=False,
    )
    try:
        _, form, files = parser.parse(
            request.stream, request.mimetype, request.content_length, request.mimetype_params
        )
    except RequestEntityTooLarge:
        raise TooLarge(
            f"a form has at most {MAX_PARTS} parts, and fields that are no files are short. "
            "Is the image sent as a file? curl wants --form data=@picture.jpg"
        ) from None
    except ValueError as error:
        raise Malformed(f"the multipart body cannot be read, or is cut off: {error}") from None
    return unique(form.items(multi=True)), list(files.items(multi=True))


def unique(pairs: Iterable[tuple[str, object]]) -> Fields:
    """Raises `Malformed` when a name comes twice: nobody can know which one was meant."""
    fields: Fields = {}
    for name, value in pairs:
        if name in fields:
            raise Malformed(f"the field {name!r} is given more than once; give it once")
        fields[name] = value
    return fields


def merged(some: Fields, others: Fields) -> Fields:
    """Raises `Malformed` when a name is in both."""
    return unique([*some.items(), *others.items()])


def text(fields: Fields, name: str) -> str | None:
    """A field that must be a string, without the space around it; None when it is left out or empty."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Malformed(f"{name} must be a string, not {json.dumps(value)[:50]}")
    return value.strip() or None


def _plain_body(request: Request) -> Fields:
    body = request.stream.read(MAX_FIELDS_BYTES + 1)
    if len(body) > MAX_FIELDS_BYTES:
        raise TooLarge(f"the body has more than the {MAX_FIELDS_BYTES:,} bytes that are taken here")
    if not body.strip():
        return {}
    # curl's -d says "form" whatever it sends, and its users do send JSON with it.
    if request.is_json or body.lstrip().startswith(b"{"):
        return json_object(body)
    if request.mimetype not in {URLENCODED, ""}:
        raise Malformed(f"a body of type {request.mimetype} is not understood here; {_SHAPES}")
    try:
        return unique(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
    except ValueError as error:
        raise Malformed(f"the body is no form: {error}; {_SHAPES}") from None


def json_object(body: bytes) -> Fields:
    """Raises `Malformed` for what is no JSON object, has a name twice, or a number that JSON has not."""
    value = json_value(body)
    if not isinstance(value, dict):
        raise Malformed('the JSON body must be an object: {"filter": "blur"}, for example')
    return value


def json_value(body: bytes) -> object:
    """Raises `Malformed` for what is no JSON, has a name twice, or a number that JSON has not."""
    try:
        return json.loads(body, object_pairs_hook=unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the body is no JSON: {error}; {_SHAPES}") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _no_file(**_about: Any) -> IO[bytes]:
    raise Malformed("no file is taken here; POST /images takes images")
