"""Reading little pieces of a file that may lie."""

from __future__ import annotations

from typing import BinaryIO

from dpip.errors import Unprocessable

_MOST = 2**62  # bytes; beyond it, seeking itself fails


def broken(title: str, why: str) -> Unprocessable:
    """The error for a file of a known format whose header makes no sense."""
    return Unprocessable(f"the {title} file is broken: {why}")


def unread(title: str, why: str) -> Unprocessable:
    """The error for a sound file of a known format, of a kind that is not read."""
    return Unprocessable(f"the {title} file is of a kind that is not read: {why}")


def cut_off(title: str, why: str) -> Unprocessable:
    """The error for a file whose end is missing."""
    return Unprocessable(f"the {title} file is cut off: {why}. Upload the whole file again")


def take(stream: BinaryIO, count: int, title: str) -> bytes:
    """Exactly `count` bytes from where the stream stands. Raises `Unprocessable` when it ends before."""
    data = stream.read(count) if count <= _MOST else b""
    if len(data) < count:
        raise cut_off(title, "it ends within its header")
    return data


def take_at(stream: BinaryIO, offset: int, count: int, title: str) -> bytes:
    """Exactly `count` bytes from `offset`."""
    if offset > _MOST:
        raise cut_off(title, f"it refers to byte {offset:,}")
    stream.seek(offset)
    return take(stream, count, title)
