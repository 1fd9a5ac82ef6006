"""`dpip backup`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from command.helping import subcommand
from command.panels import SYSTEM


def add_to(app: typer.Typer) -> None:
    @subcommand(app, SYSTEM, short_help="Back up database and images, while all goes on.")
    def backup(
        target: Annotated[Path, typer.Argument(help="a new folder, or a new file that ends in .tar")],
        with_secrets: Annotated[
            bool, typer.Option("--with-secrets", help="the join token and the first password too")
        ] = False,
    ) -> None:
        """Back up the database and all images of the system on this machine, while it runs.

        DPIP_HOME, DPIP_DATABASE_URL and DPIP_IMAGE_STORE say where they are, as they do for `dpip up`.

            dpip backup /backups/monday
            dpip backup /backups/monday.tar --with-secrets
        """
        from command.backup import run  # noqa: PLC0415

        raise typer.Exit(run(target, with_secrets=with_secrets))
