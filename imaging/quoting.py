"""Values with commas, bars or quotes in the text of a pipeline: they are written as JSON strings are."""

from __future__ import annotations

import json
import re

from dpip.errors import Malformed

_NEEDS_QUOTES = re.compile(r'[|,"\x00-\x1f\x7f]|^\s|\s$|^$')
_NEEDS_QUOTES_WITHIN_BRACES = re.compile(rf"[;{{}}]|{_NEEDS_QUOTES.pattern}")


def quoted(value: str, *, within_braces: bool = False) -> str:
    """As it stands in a pipeline: bare where that reads the same."""
    needs = _NEEDS_QUOTES_WITHIN_BRACES if within_braces else _NEEDS_QUOTES
    return json.dumps(value, ensure_ascii=False) if needs.search(value) else value


def unquoted(text: str) -> str:
    """The value that `text`, bare or quoted, stands for. Raises `Malformed`."""
    text = text.strip()
    if not text.startswith('"'):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, str):
        raise Malformed(
            f"{text[:60]} is no quoted value: it begins with a quote, so it must end with one, "
            'and have \\" and \\\\ for a quote and a backslash within'
        )
    return value


def parted(text: str, separator: str) -> list[str]:
    """`text` at each `separator` that is not within quotes. Quotes open only where a value begins."""
    parts, start = [], 0
    within, escaped, begins = False, False, False  # begins: nothing but space since the last =
    for at, char in enumerate(text):
        if within:
            within = escaped or char != '"'
            escaped = char == "\\" and not escaped
            continue
        if char == '"' and begins:
            within = True
        elif char == separator:
            parts.append(text[start:at])
            start = at + 1
        begins = char == "=" or (begins and char.isspace())
    return [*parts, text[start:]]
