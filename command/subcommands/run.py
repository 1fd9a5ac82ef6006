"""`dpip run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from command.choices import Ca, Json, Url
from command.completing import pipelines
from command.helping import subcommand
from command.panels import WORK


def add_to(app: typer.Typer) -> None:
    @subcommand(app, WORK)
    def run(
        paths: Annotated[
            list[Path], typer.Argument(metavar="PATH...", help="pictures, and folders with pictures in them")
        ],
        filter_: Annotated[
            str,
            typer.Option(
                "--filter",
                "-f",
                metavar="PIPELINE",
                help="what to do to each; `dpip filters` lists what there is",
                autocompletion=pipelines,
            ),
        ] = "grayscale",
        out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="folder of the results")] = Path(
            "filtered"
        ),
        name: Annotated[
            str | None, typer.Option(metavar="NAME", help="name of the workload (default: made up)")
        ] = None,
        tags: Annotated[
            str, typer.Option(metavar="TAG,TAG", help="run on workers that offer all of these")
        ] = "",
        everything: Annotated[
            bool, typer.Option("--all", help="take files that are not called like pictures, too")
        ] = False,
        fresh: Annotated[
            bool, typer.Option("--fresh", help="begin anew, whatever an earlier run into DIR did")
        ] = False,
        as_json: Json = False,
        url: Url = None,
        ca: Ca = None,
    ) -> None:
        """Filter pictures and folders of pictures into a folder.

        Uploads, filtering and downloads go side by side; subfolders are mirrored. What was cut off, by Ctrl-C
        or a broken connection, goes on when the same command is given again: nothing is done twice.

            dpip run photos
            dpip run photos --filter "blur:sigma=5|grayscale" --out blurred
            dpip run a.jpg b.png -f "{large=resize:width=1600; small=thumbnail:size=320}" -o sizes

        Exits with 0 when every picture has its result, with 3 when some were refused or failed.
        """
        from command.runs import command  # noqa: PLC0415
        from command.runs.journal import Order  # noqa: PLC0415

        order = Order(filter_, [tag.strip() for tag in tags.split(",") if tag.strip()])
        options = command.RunOptions(paths, order, out, name, everything, fresh, as_json, url, ca)
        raise typer.Exit(command.run(options))
