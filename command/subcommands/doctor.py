"""`dpip doctor`."""

from __future__ import annotations

import typer

from command.choices import Ca, Json, Url
from command.helping import subcommand
from command.panels import SYSTEM


def add_to(app: typer.Typer) -> None:
    @subcommand(app, SYSTEM)
    def doctor(as_json: Json = False, url: Url = None, ca: Ca = None) -> None:
        """Look for what is wrong on this machine and with the system, and say how to mend it.

        Versions, libraries, disk, shared memory, ports, Ray, secrets, clocks, workers. Exits with 1 when
        something is bad, with 0 when there are warnings at most.
        """
        from command.doctor import examine  # noqa: PLC0415

        raise typer.Exit(examine(url, ca, as_json=as_json))
