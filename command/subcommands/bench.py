"""`dpip bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from command.choices import Ca, Url
from command.completing import pipelines
from command.helping import subcommand
from command.panels import SYSTEM


def add_to(app: typer.Typer) -> None:
    @subcommand(app, SYSTEM, short_help="Measure a cluster: a folder of pictures through it, and away again.")
    def bench(
        folder: Annotated[
            Path, typer.Argument(help="pictures, in subfolders too", exists=True, file_okay=False)
        ],
        filter_: Annotated[
            str,
            typer.Option(
                "--filter", "-f", metavar="PIPELINE", help="what to do to each", autocompletion=pipelines
            ),
        ] = "grayscale",
        at_once: Annotated[
            int, typer.Option(metavar="N", help="uploads at the same time, 1 to 16", min=1, max=16)
        ] = 4,
        timeout_s: Annotated[
            float, typer.Option(metavar="SECONDS", help="how long to wait for the results", min=1)
        ] = 3600.0,
        keep: Annotated[bool, typer.Option("--keep", help="do not remove the workload at the end")] = False,
        url: Url = None,
        ca: Ca = None,
    ) -> None:
        """Measure a cluster: a folder of pictures through it.

            dpip bench photos
            dpip bench photos --filter "blur:sigma=5|grayscale" --at-once 8

        Small pictures travel together, as those of `dpip run` do.
        """
        from command.bench import BenchOptions, run  # noqa: PLC0415

        raise typer.Exit(run(BenchOptions(folder, filter_, url, ca, at_once, timeout_s, keep)))
