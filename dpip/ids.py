"""Identifiers: opaque to users, but safe in a URL path and as a file name, and never reused.

A workload's id is time-ordered. An image's id is its workload's id and its place in the order of
upload, zero-padded, so that ids sort as text in the order of upload.
"""

from __future__ import annotations

import secrets

from dpip.domain import DEFAULT_OUTPUT

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, in lower case
_TIME_CHARS = 9  # 45 bits of milliseconds: until the year 3084
_RANDOM_CHARS = 8  # 40 bits
_SEQ_DIGITS = 10


def _base32(value: int, length: int) -> str:
    chars = []
    for _ in range(length):
        chars.append(_ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(chars))


def time_ordered_id(now: float) -> str:
    """A new id of 17 characters that sorts as text by `now` (seconds since the epoch)."""
    return _base32(int(now * 1000), _TIME_CHARS) + _base32(secrets.randbits(5 * _RANDOM_CHARS), _RANDOM_CHARS)


def original_id(workload_id: str, seq: int) -> str:
    """The id of the `seq`-th upload (from 1) to a workload."""
    return f"{workload_id}-{seq:0{_SEQ_DIGITS}d}"


def workload_of(image_id: str) -> str:
    """The id of the workload that an image belongs to, in its own id; some text for what is no image's id."""
    return image_id.partition("-")[0]


def filtered_id(original: str, output: str = DEFAULT_OUTPUT) -> str:
    """The id of the filtered image of an original: derived, so that there can be only one."""
    return f"{original}-{output}"


def original_key(workload_name: str, image_id: str, extension: str) -> str:
    """Where the image store keeps an original: `<workload_name>/<image_id>.<extension>`."""
    return f"{workload_name}/{image_id}.{extension}"


def result_key(
    workload_name: str, original: str, attempt: int, extension: str, output: str = DEFAULT_OUTPUT
) -> str:
    """Where an attempt puts its result; no two attempts share a key, so a late one overwrites nothing."""
    suffix = "" if attempt == 1 else f".{attempt}"
    return f"{workload_name}/{filtered_id(original, output)}{suffix}.{extension}"


def copy_extension(extension: str) -> str:
    """Makes the key of a copy's result another one than its original's."""
    return f"copy.{extension.removeprefix('.')}"
