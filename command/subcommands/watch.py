"""`dpip watch`."""

from __future__ import annotations

import typer

from command.choices import Ca, Json, Url, Workload
from command.helping import subcommand
from command.panels import LOOK


def add_to(app: typer.Typer) -> None:
    @subcommand(app, LOOK)
    def watch(workload: Workload = "last", as_json: Json = False, url: Url = None, ca: Ca = None) -> None:
        """Watch a workload until it is completed.

            dpip watch last

        Exits with 0 when every picture has its result, with 3 when some failed.
        """
        from command.looking import watch_workload  # noqa: PLC0415

        raise typer.Exit(watch_workload(url, ca, workload, as_json=as_json))
