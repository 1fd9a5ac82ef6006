"""Entry point of `dpip`. What a subcommand needs is imported when it runs: help must come at once."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from command.exits import DONE, INTERRUPTED, USAGE, Ended
from command.helping import new_app
from dpip import __version__

# Modules of command.subcommands, in the order in which help shows them.
SUBCOMMANDS = (
    "run",
    "download",
    "cancel",
    "resume",
    "replay",
    "status",
    "workloads",
    "watch",
    "workers",
    "filters",
    "login",
    "logout",
    "user",
    "up",
    "doctor",
    "backup",
    "restore",
    "bench",
    "completion",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dpip {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="print the version and exit", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Options of the command itself."""


def make_app() -> typer.Typer:
    """The command with all its subcommands."""
    app = new_app(name="dpip", help="Distributed and Parallel Image Processing.")
    app.callback()(_options)
    for name in SUBCOMMANDS:
        import_module(f"command.subcommands.{name}").add_to(app)
    return app


def main() -> None:
    """The `dpip` command: one line for what went wrong, and a status that says what kind of thing it was."""
    sys.exit(_run())


def _run() -> int:
    if "_DPIP_COMPLETE" in os.environ:  # a shell asks
        from typer.completion import completion_init  # type: ignore[attr-defined]  # noqa: PLC0415

        completion_init()
    try:
        return int(make_app()(prog_name="dpip", standalone_mode=False) or DONE)
    except Ended as ended:
        sys.stderr.write(f"dpip: {ended.detail}\n")
        return ended.status
    except typer.TyperException as error:
        return _misused(error)
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("\n")
        return INTERRUPTED


def _misused(error: typer.TyperException) -> int:
    """A wrong command line: in one line, with the help to look at."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "dpip"
    message = error.format_message().rstrip(".")
    if context is not None and message == context.get_help().rstrip("."):
        sys.stderr.write(context.get_help() + "\n")
        return USAGE
    link = " See:" if message.endswith("?") else "; see:"
    sys.stderr.write(f"{path}: {message[:1].lower()}{message[1:]}{link} {path} --help\n")
    return USAGE
