"""Entry point of `dpip`. What a subcommand needs is imported when it runs: help must come at once."""

from __future__ import annotations

from typing import Annotated

import typer

from dpip import __version__

app = typer.Typer(
    name="dpip",
    help="Distributed and Parallel Image Processing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dpip {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Options of the command itself; those of `up` are read by its settings, as every component does."""


@app.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    add_help_option=False,
    help="Start the whole system here; Ctrl-C stops all of it. `dpip up --help` lists its settings.",
)
def up(context: typer.Context) -> None:
    from command.up import run  # noqa: PLC0415

    raise typer.Exit(run(context.args))


def main() -> None:
    """The `dpip` command."""
    app(prog_name="dpip")
