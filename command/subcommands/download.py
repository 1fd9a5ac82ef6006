"""`dpip download`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from command.choices import Ca, Json, Url, Workload
from command.helping import subcommand
from command.panels import WORK


def add_to(app: typer.Typer) -> None:
    @subcommand(app, WORK)
    def download(
        workload: Workload,
        out: Annotated[
            Path | None,
            typer.Option(
                "--out", "-o", metavar="DIR", help="folder of the results (default: the workload's name)"
            ),
        ] = None,
        originals: Annotated[bool, typer.Option("--originals", help="the originals instead")] = False,
        as_json: Json = False,
        url: Url = None,
        ca: Ca = None,
    ) -> None:
        """Save all results of a workload in a folder, named as their originals were.

            dpip download last
            dpip download holiday --out results

        Files that are there already, whole, are passed over, so what was cut off goes on when it is asked for
        again.
        """
        from command.fetching import download_workload  # noqa: PLC0415

        raise typer.Exit(
            download_workload(
                url, ca, workload, out, kind="original" if originals else "filtered", as_json=as_json
            )
        )
