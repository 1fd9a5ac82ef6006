"""`dpip logout`."""

from __future__ import annotations

from typing import Annotated

import typer

from command.choices import Ca
from command.helping import subcommand
from command.panels import ACCOUNT


def add_to(app: typer.Typer) -> None:
    @subcommand(app, ACCOUNT)
    def logout(
        url: Annotated[
            str | None, typer.Argument(metavar="URL", help="the API (default: where you logged in)")
        ] = None,
        ca: Ca = None,
    ) -> None:
        """Make the token that is kept here useless, and forget it."""
        from command.accounts import log_out  # noqa: PLC0415

        log_out(url, ca)
