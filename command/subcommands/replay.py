"""`dpip replay`."""

from __future__ import annotations

from typing import Annotated

import typer

from command.choices import Ca, Json, Url, Workload
from command.helping import subcommand
from command.panels import WORK


def add_to(app: typer.Typer) -> None:
    @subcommand(app, WORK)
    def replay(
        workload: Workload,
        kind: Annotated[
            str | None,
            typer.Option(
                metavar="KIND",
                help="only what failed for this reason: memory, storage, cancelled ... (default: all)",
            ),
        ] = None,
        as_json: Json = False,
        url: Url = None,
        ca: Ca = None,
    ) -> None:
        """Run a workload's failed jobs once more."""
        from command.changing import replay_workload  # noqa: PLC0415

        replay_workload(url, ca, workload, kind, as_json=as_json)
