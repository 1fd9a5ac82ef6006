"""`dpip workers`."""

from __future__ import annotations

import typer

from command.choices import Ca, Json, Url
from command.helping import subcommand
from command.panels import LOOK


def add_to(app: typer.Typer) -> None:
    @subcommand(app, LOOK)
    def workers(as_json: Json = False, url: Url = None, ca: Ca = None) -> None:
        """List the workers, and how busy each is."""
        from command.looking import list_workers  # noqa: PLC0415

        list_workers(url, ca, as_json=as_json)
