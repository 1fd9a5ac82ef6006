"""`dpip video`."""

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
    def video(
        file: Annotated[Path, typer.Argument(metavar="VIDEO", help="an MP4, MOV, MKV, WebM or AVI file")],
        filter_: Annotated[
            str,
            typer.Option(
                "--filter",
                "-f",
                metavar="PIPELINE",
                help="what to do to each frame; `dpip filters` lists what there is",
                autocompletion=pipelines,
            ),
        ] = "grayscale",
        out: Annotated[
            Path | None,
            typer.Option(
                "--out",
                "-o",
                metavar="FILE",
                help="the filtered video; its ending says what it is made as: .mp4, .mkv or .webm "
                "(default: VIDEO-filtered.mp4, or .mkv where the sound fits into no MP4)",
            ),
        ] = None,
        quality: Annotated[
            str | None,
            typer.Option(metavar="high|medium|low", help="of the pictures; lower is smaller (default: high)"),
        ] = None,
        name: Annotated[
            str | None, typer.Option(metavar="NAME", help="name of the workload (default: made up)")
        ] = None,
        tags: Annotated[
            str, typer.Option(metavar="TAG,TAG", help="run on workers that offer all of these")
        ] = "",
        as_json: Json = False,
        url: Url = None,
        ca: Ca = None,
    ) -> None:
        """Filter a video, frame by frame on all workers.

        The result has as many frames at the same times, the same rotation and the same sound. Its pictures
        are H.264 in MP4 and Matroska, VP9 in WebM. After Ctrl-C or a broken connection the system goes on;
        the same command, given again within a day, takes it up where it is.

        \b
            dpip video holiday.mp4 --filter "resize:width=640|grayscale" -o small.mp4
            dpip video holiday.mov -f duotone -o page.webm --quality medium
            dpip video holiday.mp4 -f "unsharp_mask|vignette" --tags gpu --json

        A frame that cannot be filtered fails the video, with the frame's number and the reason. Exits with 0
        when the video is there, with 3 when it could not be made, with 1 when it is refused.
        """
        from command import film  # noqa: PLC0415

        asked = [tag.strip() for tag in tags.split(",") if tag.strip()]
        order = film.FilmOrder(file, filter_, out, name, asked, as_json, quality)
        raise typer.Exit(film.filter_video(order, url, ca))
