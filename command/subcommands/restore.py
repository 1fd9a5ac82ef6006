"""`dpip restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from command.helping import subcommand
from command.panels import SYSTEM


def add_to(app: typer.Typer) -> None:
    @subcommand(app, SYSTEM, short_help="Bring back what `dpip backup` wrote.")
    def restore(
        source: Annotated[Path, typer.Argument(help="what `dpip backup` wrote", exists=True)],
        overwrite: Annotated[
            bool, typer.Option("--overwrite", help="give up what the database holds now")
        ] = False,
    ) -> None:
        """Bring back database and images from a backup, into an empty home. The system must be stopped.

        DPIP_HOME, DPIP_DATABASE_URL and DPIP_IMAGE_STORE say where to.

            DPIP_HOME=/srv/dpip dpip restore /backups/monday
        """
        from command.restore import run  # noqa: PLC0415

        raise typer.Exit(run(source, overwrite=overwrite))
