"""`dpip status`."""

from __future__ import annotations

from typing import Annotated

import typer

from command.choices import Ca, Json, Url
from command.completing import workloads
from command.helping import subcommand
from command.panels import LOOK


def add_to(app: typer.Typer) -> None:
    @subcommand(app, LOOK)
    def status(
        workload: Annotated[
            str | None,
            typer.Argument(
                metavar="WORKLOAD",
                help="its id, its name, or `last` for your newest",
                autocompletion=workloads,
            ),
        ] = None,
        as_json: Json = False,
        url: Url = None,
        ca: Ca = None,
    ) -> None:
        """Show how the system stands, or one workload with its failures.

            dpip status
            dpip status last

        Of a workload, its failures with their reasons; `dpip workloads` lists all.
        """
        from command import looking  # noqa: PLC0415

        if workload is None:
            looking.show_system(url, ca, as_json=as_json)
        else:
            looking.show_workload(url, ca, workload, as_json=as_json)
