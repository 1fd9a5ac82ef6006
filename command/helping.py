"""Help in the form that the components have: usage, what it does, then names on the left, words on the right.

At most 100 columns, headings bold on a terminal, no frames; `dpip.flags` does the same for settings.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

WIDEST = 100  # columns; longer lines are hard to read
_WORDS_AT = 28
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"

Row = tuple[str, str]


class HouseCommand(TyperCommand):
    """A subcommand, whose help is `rendered`."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(rendered(ctx.command_path, self, ctx))


class HouseGroup(TyperGroup):
    """`dpip`, or a subcommand with subcommands of its own, in the order in which they were added."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(rendered(ctx.command_path, self, ctx))

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class's
        return list(self.commands)


def rendered(name: str, command: Any, ctx: Any) -> str:
    """The whole help text of a command, as wide as the terminal, and no wider than `WIDEST`."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    pieces = " ".join(filter(None, [_flags(command, ctx), *_arguments_in_usage(command, ctx)]))
    blocks = [_wrapped(f"usage: {name} {pieces}", width), _paragraphs(command.help or "", width)]
    sections = [(heading, rows) for heading, rows in _sections(command, ctx) if rows]
    column = min(max(len(name) for _, rows in sections for name, _ in rows) + 4, _WORDS_AT)
    for heading, rows in sections:
        lines = [f"{_BOLD}{heading}{_PLAIN}" if sys.stdout.isatty() else heading]
        blocks.append("\n".join(lines + [_row(*row, column, width) for row in rows]))
    if command.epilog:
        blocks.append(_paragraphs(command.epilog, width))
    return "\n\n".join(blocks) + "\n"


def _flags(command: Any, ctx: Any) -> str:
    some = any(isinstance(param, TyperOption) for param in command.get_params(ctx))
    return "" if not some else "[--flag ...]" if isinstance(command, TyperGroup) else "[--flag value ...]"


def _arguments_in_usage(command: Any, ctx: Any) -> Iterable[str]:
    for param in command.get_params(ctx):
        if isinstance(param, TyperArgument):
            yield _argument(param) if param.required else f"[{_argument(param)}]"
    if isinstance(command, TyperGroup):
        yield "COMMAND ..."


def _sections(command: Any, ctx: Any) -> Iterable[tuple[str, list[Row]]]:
    params = [param for param in command.get_params(ctx) if not getattr(param, "hidden", False)]
    if isinstance(command, TyperGroup):
        panels: dict[str, list[Row]] = {}
        for name, child in command.commands.items():
            if not child.hidden:
                panel = getattr(child, "rich_help_panel", None)
                panels.setdefault(panel if isinstance(panel, str) else "commands", []).append(
                    (name, child.get_short_help_str(limit=200).removesuffix("."))
                )
        yield from ((f"{panel}:", rows) for panel, rows in panels.items())
    yield "arguments:", [(_argument(p), p.help or "") for p in params if isinstance(p, TyperArgument)]
    yield "options:", [(_option(p), _told(p)) for p in params if isinstance(p, TyperOption)]


def _argument(param: TyperArgument) -> str:
    name = str(param.metavar or (param.name or "").upper())
    return f"{name}..." if param.nargs == -1 and not name.endswith("...") else name


def _option(param: TyperOption) -> str:
    names = [name.replace("--", "--[no-]", 1) if param.secondary_opts else name for name in param.opts]
    short = [name for name in names if not name.startswith("--")]
    spelled = ", ".join(short + [name for name in names if name.startswith("--")])
    value = (
        "" if param.is_flag or param.count else f" {param.metavar or (param.name or '').upper().strip('_')}"
    )
    return spelled + value


def _told(param: TyperOption) -> str:
    text = "show this and exit" if "--help" in param.opts else param.help or ""
    plain = isinstance(param.default, (str, int, float, PurePath)) and not isinstance(param.default, bool)
    if plain and param.show_default and param.default != "":
        return (
            f"{text} (default: {param.default:g})"
            if isinstance(param.default, float)
            else (f"{text} (default: {param.default})")
        )
    return text


def _row(name: str, words: str, column: int, width: int) -> str:
    indent = " " * column
    lines = textwrap.wrap(words, width, initial_indent=indent, subsequent_indent=indent)
    label = f"  {name}"
    if len(label) + 2 > column or not lines:
        return "\n".join([label, *lines])
    return "\n".join([label + lines[0][len(label) :], *lines[1:]])


def _paragraphs(text: str, width: int) -> str:
    """Paragraphs wrapped; lines that are indented (examples) as they are."""
    return "\n\n".join(part if part.startswith("  ") else _wrapped(part, width) for part in _parts(text))


def _parts(text: str) -> Sequence[str]:
    return [part.strip("\n") for part in text.replace("\b", "").split("\n\n") if part.strip()]


def _wrapped(text: str, width: int) -> str:
    return textwrap.fill(text, width, subsequent_indent="       " if text.startswith("usage:") else "")


def new_app(**options: Any) -> typer.Typer:
    """A Typer in the form of the house: for `dpip`, and for subcommands that have some of their own."""
    return typer.Typer(
        cls=HouseGroup,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **options,
    )


def subcommand(
    app: typer.Typer, panel: str | None = None, **options: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: the function becomes a subcommand of `app`, named like it, listed under `panel`."""
    return app.command(cls=HouseCommand, rich_help_panel=panel, **options)
