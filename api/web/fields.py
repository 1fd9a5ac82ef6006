"""What a request says in words: from a form, a JSON object or the query."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NoReturn, TypeAlias
from urllib.parse import parse_qsl

from flask import Request

from api.web.bodies import in_chunks
from api.web.forms import MAX_FIELDS_BYTES, FilePart, read_form
from dpip.errors import Malformed, TooLarge

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
_SHAPES = "send a form (multipart or urlencoded), a JSON object, or nothing"

Fields: TypeAlias = dict[str, object]


def read_fields(request: Request) -> Fields:
    """All fields of a request that carries no file. Raises `Malformed` and `TooLarge`."""
    fields = unique(request.args.items(multi=True))
    if request.content_length is not None and request.content_length > MAX_FIELDS_BYTES:
        raise TooLarge(
            f"the body has {request.content_length:,} bytes; at most {MAX_FIELDS_BYTES:,} are taken here"
        )
    return merged(fields, _form(request) if request.mimetype == MULTIPART else _plain_body(request))


def _form(request: Request) -> Fields:
    return unique(read_form(request, _no_file))


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
    body = b""
    # To the very end: only there it turns out that a body was cut off.
    while piece := request.stream.read(MAX_FIELDS_BYTES + 1):
        body += piece
        if len(body) > MAX_FIELDS_BYTES:
            raise TooLarge(f"the body has more than the {MAX_FIELDS_BYTES:,} bytes that are taken here")
    if not body.strip():
        if in_chunks(request):
            raise _needs_length()
        return {}
    # curl's -d says "form" whatever it sends, and its users do send JSON with it.
    if request.is_json or body.lstrip().startswith(b"{"):
        return json_object(body)
    if request.mimetype not in {URLENCODED, ""}:
        raise Malformed(f"a body of type {request.mimetype} is not understood here; {_SHAPES}")
    if in_chunks(request):
        raise _needs_length()
    try:
        return unique(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
    except ValueError as error:
        raise Malformed(f"the body is no form: {error}; {_SHAPES}") from None


def _needs_length() -> Malformed:
    return Malformed(
        "a form needs a Content-Length: without it nobody can tell whether it came whole; or send JSON"
    )


def json_object(body: bytes) -> Fields:
    """Raises `Malformed` for what is no JSON object, has a name twice, or a number that JSON has not."""
    value = json_value(body)
    if not isinstance(value, dict):
        raise Malformed('the JSON body must be an object: {"filter": "blur"}, for example')
    return value


def json_value(body: bytes) -> object:
    """Raises `Malformed` for what is no JSON, has a name twice, a number that JSON has not, or half a
    character: JSON's escapes can say a lone surrogate, which nothing that keeps or sends text can."""
    try:
        value = json.loads(body, object_pairs_hook=unique, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Malformed("the JSON has half a character in it: \\ud800 to \\udfff come in pairs") from None
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the body is no JSON: {error}; {_SHAPES}") from None
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _no_file(_part: FilePart) -> NoReturn:
    raise Malformed("no file is taken here; POST /images takes images")
