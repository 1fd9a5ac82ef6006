"""`dpip up`."""

from __future__ import annotations

import typer

from command.helping import subcommand
from command.panels import SYSTEM


def add_to(app: typer.Typer) -> None:
    @subcommand(
        app,
        SYSTEM,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        add_help_option=False,
        short_help="Start the whole system here; Ctrl-C stops all of it.",
    )
    def up(context: typer.Context) -> None:
        """Start the whole system here; Ctrl-C stops all of it. `dpip up --help` lists its settings."""
        from command.up import run  # noqa: PLC0415

        raise typer.Exit(run(context.args))
