"""What a workload, a worker and a tag may be called. A workload's name is also a directory's."""

from __future__ import annotations

import re
import unicodedata

from dpip.errors import Malformed

WORKLOAD_NAME_MAX_CHARS = 100
WORKLOAD_NAME_MAX_BYTES = 200  # file systems allow 255 bytes; room is left for suffixes
MAX_TAGS = 64
# Letters and marks that nobody sees (Default_Ignorable_Code_Point of Unicode, categories L and M): names
# with and without would look alike, and some file systems take them for one.
_UNSEEN = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_PUNCTUATION = frozenset(" ._-")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")
_WINDOWS_DEVICES = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$"}) | {
    f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)
}


def workload_name(text: str) -> str:
    """Return `text` in its normal form (Unicode NFC), or raise `Malformed` saying what a name may be."""
    name = unicodedata.normalize("NFC", text)
    problem = _workload_name_problem(name)
    if problem:
        raise Malformed(
            f"workload_name {problem}. A name is 1 to {WORKLOAD_NAME_MAX_CHARS} letters, digits, spaces, "
            "dots, hyphens and underscores, and begins and ends with a letter or digit: "
            "'holiday photos 2026', for example"
        )
    return name


def _workload_name_problem(name: str) -> str | None:
    if not name:
        return "is empty"
    if len(name) > WORKLOAD_NAME_MAX_CHARS or len(name.encode(errors="replace")) > WORKLOAD_NAME_MAX_BYTES:
        return f"is too long ({len(name)} characters)"
    wrong = next((char for char in name if not _is_word(char) and char not in _PUNCTUATION), None)
    if wrong is not None:
        return f"has a character that a name may not have: {wrong!a}"
    if not _is_word(name[0]) or not _is_word(name[-1]):
        return f"begins or ends with {name[0] if not _is_word(name[0]) else name[-1]!r}"
    if is_device(name):
        return "is the name of a device on some systems"
    return None


def is_device(name: str) -> bool:
    """Does Windows take a file of this name for a device, whatever ends it?"""
    return clash_key(name.split(".", maxsplit=1)[0]).strip() in _WINDOWS_DEVICES


def _is_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN" and char not in _UNSEEN


def clash_key(name: str) -> str:
    """Names with the same key would share a directory on some file systems; only one may exist."""
    return unicodedata.normalize("NFKC", name).casefold()


def label(text: str, what: str) -> str:
    """Return `text` when it can be a worker's name or a tag, else raise `Malformed`. `what` names it."""
    if not _LABEL.match(text):
        raise Malformed(
            f"{what} {text!a} is not allowed: 1 to 63 ASCII letters, digits, dots, hyphens and underscores, "
            "beginning with a letter or digit"
        )
    return text


def tags(text: str) -> tuple[str, ...]:
    """Parse `gpu, fast` to a sorted tuple without repeats; raise `Malformed` for no tag, or too many."""
    found = {label(part.strip(), "tag") for part in text.split(",") if part.strip()}
    if len(found) > MAX_TAGS:
        raise Malformed(f"{len(found)} tags are too many; at most {MAX_TAGS} can be asked for")
    return tuple(sorted(found))
