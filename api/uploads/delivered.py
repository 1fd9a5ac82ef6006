"""The outputs that a worker delivered before the last one of its job, as the last delivery lists them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields as dataclass_fields

from api.web import fields
from dpip.domain import ImageFacts, Making, Output
from dpip.errors import Malformed, MissingBytes
from dpip.ports import ImageStore
from imaging import FORMATS

KeyOf = Callable[[str, str], str]  # where this attempt's result lies: of a format, and an output's name

_MOST = 2**62  # as much as datastores keep
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAKING = {field.name for field in dataclass_fields(Making)}
_MAX_WORDS, _MAX_CHARS = 100, 500
_KEYS = {"name", "key", *(field.name for field in dataclass_fields(ImageFacts))}


def read_others(given: fields.Fields, store: ImageStore, key_of: KeyOf) -> list[Output]:
    """Each of them lies under its key with that many bytes. Raises `Malformed`."""
    text = fields.text(given, "others")
    listed = fields.json_value(text.encode()) if text else []
    if not isinstance(listed, list):
        raise _wrong("it is no list")
    return [_other(item, store, key_of) for item in listed]


def _other(item: object, store: ImageStore, key_of: KeyOf) -> Output:
    if not isinstance(item, dict) or set(item) - {"making"} != _KEYS:
        raise _wrong(f"{str(item)[:60]} is no such object")
    name, key, form, sha256 = (item[field] for field in ("name", "key", "format", "sha256"))
    width, height, size_bytes = (item[field] for field in ("width", "height", "size_bytes"))
    if not all(type(number) is int and 0 < number <= _MOST for number in (width, height, size_bytes)):
        raise _wrong("width, height and size_bytes are whole numbers above 0, and no astronomical ones")
    if not isinstance(name, str) or not isinstance(form, str) or form not in FORMATS:
        raise _wrong("name and format are strings, the latter a format that is read")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise _wrong("sha256 is of 64 hexadecimal digits")
    if key != key_of(form, name):
        raise _wrong(f"the output {name[:60]!r} of this attempt does not lie under {str(key)[:200]!r}")
    facts = ImageFacts(form, width, height, size_bytes, sha256)
    if _size(store, key) != facts.size_bytes:
        raise _wrong(
            f"the output {name!r} was not delivered with {facts.size_bytes:,} bytes; deliver it again"
        )
    return Output(name, key, facts, making_of(item.get("making")))


def read_making(given: fields.Fields) -> Making | None:
    """Optional: how the delivered image was made. Raises `Malformed`."""
    text = fields.text(given, "making")
    return making_of(fields.json_value(text.encode())) if text else None


def making_of(item: object) -> Making | None:
    """Of a JSON value. Raises `Malformed`."""
    if item is None:
        return None
    if isinstance(item, dict) and set(item) == _MAKING:
        way, notes, codecs = item["way"], item["notes"], item["codecs"]
        if all(map(_is_text, (way, *_list(notes), *_list(codecs)))):
            return Making(way, tuple(notes), tuple(codecs))
    raise Malformed(
        "making must be an object of way (a string), notes and codecs (lists of strings, "
        f"{_MAX_WORDS} at most); {str(item)[:60]} is none"
    )


def _list(value: object) -> list[object]:
    """As it is, or something that is no text."""
    return value if isinstance(value, list) and len(value) <= _MAX_WORDS else [None]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_CHARS and "\0" not in value


def _size(store: ImageStore, key: str) -> int:
    try:
        path = store.local_path(key)
        return path.stat().st_size if path else len(store.get(key))
    except (MissingBytes, FileNotFoundError):
        return -1


def _wrong(why: str) -> Malformed:
    return Malformed(f"others must be a JSON list of objects with {', '.join(sorted(_KEYS))}: {why}")
