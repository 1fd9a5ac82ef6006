"""Flags that several subcommands have, spelled once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from command.completing import workloads

Url = Annotated[
    str | None,
    typer.Option(
        "--url", help="the API (DPIP_URL; default: where you logged in, else the system on this machine)"
    ),
]
Ca = Annotated[
    Path | None,
    typer.Option(
        "--ca",
        metavar="FILE",
        help="PEM file of the authority that signed the API's certificate (DPIP_CA_FILE)",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="print JSON, for programs")]
Workload = Annotated[
    str,
    typer.Argument(
        metavar="WORKLOAD",
        help="its id, its name, or `last` for your newest",
        autocompletion=workloads,
    ),
]
