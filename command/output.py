"""What components write: all of it to files of bounded size, and what matters to the terminal."""

from __future__ import annotations

import re
from pathlib import Path

LOG_BYTES = 8_000_000  # a log file that grew over this becomes `<name>.log.1`; the one before is dropped

_TEXT = re.compile(
    r"^\d\d:\d\d:\d\d\.\d{3} +\S+ +(?P<level>debug|info|warning|error|critical) +(?P<text>.*)$"
)
_JSON = re.compile(r'^\{.*"level": "(?P<level>debug|info|warning|error|critical)"')
_SHOWN = {"warning", "error", "critical"}


class LogFile:
    """Appends lines; keeps one older file."""

    def __init__(self, path: Path, limit: int = LOG_BYTES) -> None:
        self._path = path
        self._limit = limit
        self._stream = path.open("a", encoding="utf-8")

    def write(self, lines: list[str]) -> None:
        if self._stream.tell() > self._limit:
            self._stream.close()
            self._path.replace(self._path.with_suffix(self._path.suffix + ".1"))
            self._stream = self._path.open("a", encoding="utf-8")
        self._stream.writelines(f"{line}\n" for line in lines)
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()


class Sieve:
    """Lets through warnings, errors and the lines that belong to them (tracebacks); or everything."""

    def __init__(self, everything: bool) -> None:
        self._everything = everything
        self._showing = False

    def pick(self, line: str) -> str | None:
        """The line as the terminal should show it, or None."""
        if self._everything:
            return printable(line)
        match = _TEXT.match(line) or _JSON.match(line)
        if match is None:
            return printable(line) if self._showing and line.strip() else None
        self._showing = match["level"] in _SHOWN
        if not self._showing:
            return None
        text = match.groupdict().get("text")
        return printable(f"{match['level']}: {text}" if text is not None else line)


def printable(line: str) -> str:
    """Nothing that a log line holds may steer the terminal."""
    return "".join(char if char.isprintable() or char == "\t" else f"\\x{ord(char):02x}" for char in line)
