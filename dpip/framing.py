"""A message between two processes over a pipe: a JSON object and bytes after it."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

_LENGTH = struct.Struct(">I")


def pack(head: Mapping[str, Any], body: bytes) -> bytes:
    """A message: a JSON object and bytes after it."""
    text = json.dumps(head).encode()
    return b"".join((_LENGTH.pack(len(text)), text, body))


def unpack(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Raises `ValueError` for what is no message."""
    try:
        (length,) = _LENGTH.unpack_from(message)
        head = json.loads(message[_LENGTH.size : _LENGTH.size + length])
    except (struct.error, UnicodeDecodeError) as error:
        raise ValueError(f"not a message: {error}") from error
    return head, message[_LENGTH.size + length :]


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """All that comes, as one message. Raises `ValueError` for what is none."""
    return unpack(stream.read())
