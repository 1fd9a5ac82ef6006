"""What subcommands print: tables and facts for people on a terminal, plain columns in a pipe, or JSON."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from command.output import printable

Row = Sequence[object]
_GAP = "  "
_INDENT = 4  # of what goes on below a long label
_LEAST = 8  # characters of a cell that is shortened
_READABLE = 16  # below that another column makes room first
_WHOLE = 24  # a column of short words is not wrapped
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


def table(
    columns: Sequence[str],
    rows: Sequence[Row],
    empty: str,
    *,
    shorten: str = "",
    drop: Sequence[str] = (),
) -> None:
    """`empty` is told, beside the output, when there is nothing to list.

    On a terminal that is too narrow the columns `drop` are left out, one after the other, and what is in the
    column `shorten` is cut. In a pipe everything is there.
    """
    if not rows:
        sys.stderr.write(f"{empty}\n")
        return
    cells = [list(columns), *([text(cell) for cell in row] for row in rows)]
    if sys.stdout.isatty():
        _rich_table(fitting(cells, shutil.get_terminal_size().columns, shorten, drop))
        return
    widths = _widths(cells)
    for row in cells:
        line = _GAP.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def fitting(cells: list[list[str]], width: int, shorten: str, drop: Sequence[str]) -> list[list[str]]:
    """The columns that have room in so many characters; the first row of `cells` has their names."""
    left = list(drop)
    while (over := _width(cells) - width) > 0:
        at = cells[0].index(shorten) if shorten in cells[0] else None
        kept = _widths(cells)[at] - over if at is not None else 0
        if at is not None and kept >= (_READABLE if left else _LEAST):
            return [[*row[:at], shortened(row[at], kept), *row[at + 1 :]] for row in cells]
        if not left:
            break
        cells = _without(cells, left.pop(0))
    return cells


def shortened(cell: str, width: int) -> str:
    return cell if len(cell) <= width else f"{cell[: max(1, width - 1)]}…"


def _without(cells: list[list[str]], column: str) -> list[list[str]]:
    return [[cell for cell, name in zip(row, cells[0], strict=True) if name != column] for row in cells]


def _widths(cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*cells, strict=True)]


def _width(cells: Sequence[Sequence[str]]) -> int:
    return sum(_widths(cells)) + len(_GAP) * (len(cells[0]) - 1)


def facts(pairs: Mapping[str, object]) -> None:
    """One under the other; what is None or empty is left out."""
    shown = {name: text(value) for name, value in pairs.items() if value not in (None, "", (), [])}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        sys.stdout.write(f"{hanging(value, f'{name:<{width}}  ')}\n")


def moment(iso: str) -> str:
    """`2026-11-20 09:05 UTC`."""
    return f"{iso[:16].replace('T', ' ')} UTC"


def when(iso: str, now: datetime | None = None) -> str:
    """For people on a terminal, how long ago; in a pipe, the moment."""
    if not sys.stdout.isatty():
        return moment(iso)
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(iso)).total_seconds()
    for unit, of_it, until in (("s", 1, 90), ("min", 60, 90 * 60), ("h", 3600, 36 * 3600)):
        if seconds < until:
            return f"{max(0, round(seconds / of_it))} {unit} ago"
    return iso[:10]


def bold(words: str) -> str:
    """On a terminal."""
    return f"\x1b[1m{text(words)}\x1b[0m" if sys.stdout.isatty() else text(words)


def hanging(words: str, label: str) -> str:
    """Behind its label; on a terminal the lines go on below its beginning, and break between words."""
    if not sys.stdout.isatty():
        return label + words
    whole = shutil.get_terminal_size().columns
    indent = len(label) if len(label) <= whole // 2 else _INDENT
    lines = textwrap.wrap(
        label + words,
        max(whole, indent + _LEAST),
        subsequent_indent=" " * indent,
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


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


def _rich_table(cells: Sequence[Sequence[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415 - a pipe does not wait for it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    made = Table(box=None, pad_edge=False, header_style="bold")
    columns, *rows = cells
    for name, width in zip(columns, _widths(cells), strict=True):
        made.add_column(name, overflow="fold", no_wrap=width <= _WHOLE)  # what is copied stays whole
    for row in rows:
        made.add_row(*(Text(cell, _STYLES.get(cell, "")) for cell in row))
    Console(highlight=False).print(made)
