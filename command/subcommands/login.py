"""`dpip login`."""

from __future__ import annotations

from typing import Annotated

import typer

from command.choices import Ca
from command.helping import subcommand
from command.panels import ACCOUNT


def add_to(app: typer.Typer) -> None:
    @subcommand(app, ACCOUNT)
    def login(
        url: Annotated[
            str | None,
            typer.Argument(
                metavar="URL", help="the API (default: DPIP_URL, else the system on this machine)"
            ),
        ] = None,
        user: Annotated[
            str | None, typer.Option("--user", "-u", metavar="NAME", help="who you are (default: asked for)")
        ] = None,
        password_stdin: Annotated[
            bool, typer.Option("--password-stdin", help="read the password from standard input")
        ] = False,
        print_token: Annotated[
            bool, typer.Option("--print-token", help="print the token for other programs, and keep nothing")
        ] = False,
        ca: Ca = None,
    ) -> None:
        """Log in, and keep the token in a file that only you can read.

        The commands then talk to this API. The password is asked for, never given on the command line, which
        is for everybody to read; DPIP_PASSWORD in the environment is taken, too. On the machine of a running
        system, its owner needs none.

            dpip login
            dpip login https://dpip.example:8080 --user ann
            DPIP_TOKEN=$(dpip login --print-token)
        """
        from command.accounts import log_in  # noqa: PLC0415

        log_in(url, user, ca, password_stdin=password_stdin, print_token=print_token)
