"""What subcommands print: tables and facts for people on a terminal, plain columns in a pipe, or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from command.output import printable

Row = Sequence[object]
_STYLES = {
    "alive": "green",
    "completed": "green",
    "done": "green",
    "running": "cyan",
    "scheduling": "yellow",
    "queued": "yellow",
    "joining": "yellow",
    "draining": "yellow",
    "lost": "red",
    "failed": "red",
    "cancelled": "red",
    "left": "dim",
}


def as_json(value: Any) -> None:
    """Readable to people, but for what would steer their terminal: that is escaped."""
    written = json.dumps(value, indent=2 if sys.stdout.isatty() else None, ensure_ascii=False)
    sys.stdout.write("".join(map(_harmless, written)) + "\n")


def _harmless(char: str) -> str:
    if char.isprintable() or char == "\n":
        return char
    return rf"\u{ord(char):04x}" if ord(char) <= 0xFFFF else json.dumps(char)[1:-1]  # noqa: PLR2004 - UTF-16


def table(columns: Sequence[str], rows: Sequence[Row], empty: str) -> None:
    """`empty` is told, beside the output, when there is nothing to list."""
    if not rows:
        sys.stderr.write(f"{empty}\n")
    elif sys.stdout.isatty():
        _rich_table(columns, rows)
    else:
        cells = [list(columns), *([text(cell) for cell in row] for row in rows)]
        widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
        for row in cells:
            line = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
            sys.stdout.write(line.rstrip() + "\n")


def facts(pairs: Mapping[str, object]) -> None:
    """One under the other; what is None or empty is left out."""
    shown = {name: text(value) for name, value in pairs.items() if value not in (None, "", (), [])}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        sys.stdout.write(f"{name:<{width}}  {value}\n")


def text(value: object) -> str:
    """Nothing that came from elsewhere may steer the terminal."""
    if value is None:
        return "-"
    if isinstance(value, (list, tuple)):
        return printable(", ".join(map(str, value))) or "-"
    return printable(str(value))


def note(line: str) -> None:
    """Beside the output: on standard error."""
    sys.stderr.write(f"{printable(line)}\n")


def counted(count: int, noun: str) -> str:
    """`1 picture`, `2 pictures`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def size(count: float | None) -> str:
    """Bytes for people, in powers of 1024."""
    if count is None:
        return "-"
    units = ("B", "KiB", "MiB", "GiB", "TiB")
    at = 0
    while abs(count) >= 1024 and at < len(units) - 1:  # noqa: PLR2004 - the base of the units
        count, at = count / 1024, at + 1
    return f"{count:.0f} {units[at]}" if at == 0 else f"{count:.1f} {units[at]}"


def _rich_table(columns: Sequence[str], rows: Sequence[Row]) -> None:
    from rich.console import Console  # noqa: PLC0415 - a pipe does not wait for it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    made = Table(box=None, pad_edge=False, header_style="bold")
    for at, name in enumerate(columns):
        made.add_column(name, overflow="fold", no_wrap=at == 0)  # what is copied stays whole
    for row in rows:
        made.add_row(*(Text(text(cell), _STYLES.get(str(cell), "")) for cell in row))
    Console(highlight=False).print(made)
