"""Entry point of `dpip`. What a subcommand needs is imported when it runs: help must come at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dpip import __version__

app = typer.Typer(
    name="dpip",
    help="Distributed and Parallel Image Processing.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain, as the help of the components
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


@app.command(
    help="Measure a cluster: a folder of pictures through it. Who asks: DPIP_TOKEN in the environment."
)
def bench(
    folder: Annotated[
        Path, typer.Argument(help="Pictures, in subfolders too.", exists=True, file_okay=False)
    ],
    filter_: Annotated[str, typer.Option("--filter", help="The pipeline.")] = "grayscale",
    url: Annotated[str, typer.Option(help="The API.", envvar="DPIP_URL")] = "http://127.0.0.1:8080",
    at_once: Annotated[int, typer.Option(help="Uploads at the same time.", min=1, max=16)] = 4,
    timeout_s: Annotated[float, typer.Option(help="Seconds to wait for the results.", min=1)] = 3600.0,
    keep: Annotated[bool, typer.Option("--keep", help="Do not remove the workload at the end.")] = False,
) -> None:
    from command.bench import BenchOptions, run  # noqa: PLC0415

    raise typer.Exit(run(BenchOptions(folder, filter_, url, at_once, timeout_s, keep)))


def main() -> None:
    """The `dpip` command."""
    app(prog_name="dpip")
