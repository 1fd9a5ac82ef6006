"""What a key may look like: exactly `<directory>/<file name>`, and nothing that leaves the store."""

from __future__ import annotations

_MAX_PART_BYTES = 255  # what file systems allow


def split(key: str) -> tuple[str, str]:
    """(directory, file name) of a key. Raises ValueError for what is none: callers make keys, not users."""
    parts = key.split("/")
    if len(parts) != 2 or not all(_is_part(part) for part in parts):  # noqa: PLR2004
        raise ValueError(f"{key!r} is not a key: <directory>/<file name>, neither of them hidden")
    return parts[0], parts[1]


def _is_part(part: str) -> bool:
    try:
        size = len(part.encode())
    except UnicodeEncodeError:  # a lone surrogate has no place in a file name
        return False
    return 0 < size <= _MAX_PART_BYTES and part[0] != "." and part.isprintable() and "\\" not in part
