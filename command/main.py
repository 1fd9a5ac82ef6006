"""Entry point of `dpip`. What a subcommand needs is imported when it runs: help must come at once."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from command.exits import DONE, FAILED, INTERRUPTED, USAGE, Ended
from command.helping import new_app
from command.output import printable
from dpip import __version__

# Modules of command.subcommands, in the order in which help shows them.
SUBCOMMANDS = (
    "run",
    "video",
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
    "webhooks",
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
        status = int(make_app()(prog_name="dpip", standalone_mode=False) or DONE)
        sys.stdout.flush()
    except Ended as ended:
        told = "\n".join(map(printable, ended.detail.splitlines()))  # a server's words may be in it
        sys.stderr.write(f"dpip: {told}\n")
        status = ended.status
    except typer.TyperException as error:
        status = _misused(error)
    except BrokenPipeError:
        status = _nobody_reads()
    except OSError as error:  # a file that changed under our hands, a disk that is full
        sys.stderr.write(f"dpip: {error}\n")
        status = FAILED
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("\n")
        status = INTERRUPTED
    except RuntimeError as error:  # Python 3.11 makes one of a Ctrl-C that meets a class in the making
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        status = INTERRUPTED
    return status


def _nobody_reads() -> int:
    """`dpip workloads | head -1` has seen enough: what is still in the buffer goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return FAILED


def _misused(error: typer.TyperException) -> int:
    """A wrong command line: in one line, with the help to look at."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "dpip"
    message = error.format_message().rstrip(".")
    if context is not None and message == context.get_help().rstrip("."):
        sys.stderr.write(context.get_help() + "\n")
        return USAGE
    message = " ".join(message.replace("Value error, ", "").split())
    link = " See:" if message.endswith("?") else "; see:"
    sys.stderr.write(f"{path}: {message[:1].lower()}{message[1:]}{link} {path} --help\n")
    return USAGE
