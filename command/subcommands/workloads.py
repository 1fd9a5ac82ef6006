"""`dpip workloads`."""

from __future__ import annotations

from typing import Annotated

import typer

from command.choices import Ca, Json, Url
from command.helping import subcommand
from command.panels import LOOK


def add_to(app: typer.Typer) -> None:
    @subcommand(app, LOOK)
    def workloads(
        limit: Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="at most so many")] = 20,
        everything: Annotated[bool, typer.Option("--all", help="every one")] = False,
        as_json: Json = False,
        url: Url = None,
        ca: Ca = None,
    ) -> None:
        """List your workloads, newest first."""
        from command.looking import list_workloads  # noqa: PLC0415

        list_workloads(url, ca, limit=None if everything else limit, as_json=as_json)
