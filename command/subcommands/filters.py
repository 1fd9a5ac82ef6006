"""`dpip filters`."""

from __future__ import annotations

from typing import Annotated

import typer

from command import completing
from command.choices import Ca, Json, Url
from command.helping import subcommand
from command.panels import LOOK


def add_to(app: typer.Typer) -> None:
    @subcommand(app, LOOK)
    def filters(
        name: Annotated[
            str | None,
            typer.Argument(
                metavar="NAME", help="one of them, with its parameters", autocompletion=completing.filters
            ),
        ] = None,
        as_json: Json = False,
        url: Url = None,
        ca: Ca = None,
    ) -> None:
        """List the filters, or the parameters of one.

            dpip filters
            dpip filters blur

        What each does to a photograph is shown on the page, and in docs/filters.md.
        """
        from command.catalogue import list_filters  # noqa: PLC0415

        list_filters(url, ca, name, as_json=as_json)
