"""Messages between processes over a pipe, one after the other: a JSON object and bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, Any

_LENGTHS = struct.Struct(">IQ")
Head = dict[str, Any]


def write(stream: IO[bytes], head: Mapping[str, Any], body: bytes | memoryview = b"") -> None:
    """Raises `BrokenPipeError` when nobody reads."""
    text = json.dumps(head).encode()
    stream.write(_LENGTHS.pack(len(text), len(body)))
    stream.write(text)
    stream.write(body)
    stream.flush()


def read(stream: IO[bytes]) -> tuple[Head, bytes] | None:
    """None at the end, also where it comes in the middle of a message."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    text_length, body_length = _LENGTHS.unpack(lengths)
    text = stream.read(text_length)
    body = stream.read(body_length)
    if len(text) < text_length or len(body) < body_length:
        return None
    head: Head = json.loads(text)
    return head, body
