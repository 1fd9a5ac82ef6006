"""`dpip cancel`."""

from __future__ import annotations

import typer

from command.choices import Ca, Json, Url, Workload
from command.helping import subcommand
from command.panels import WORK


def add_to(app: typer.Typer) -> None:
    @subcommand(app, WORK)
    def cancel(workload: Workload, as_json: Json = False, url: Url = None, ca: Ca = None) -> None:
        """Stop a workload's unfinished jobs; what is done is kept."""
        from command.changing import cancel_workload  # noqa: PLC0415

        cancel_workload(url, ca, workload, as_json=as_json)
