"""`dpip resume`."""

from __future__ import annotations

import typer

from command.choices import Ca, Json, Url, Workload
from command.helping import subcommand
from command.panels import WORK


def add_to(app: typer.Typer) -> None:
    @subcommand(app, WORK)
    def resume(workload: Workload, as_json: Json = False, url: Url = None, ca: Ca = None) -> None:
        """Do what was cancelled of a workload after all."""
        from command.changing import resume_workload  # noqa: PLC0415

        resume_workload(url, ca, workload, as_json=as_json)
