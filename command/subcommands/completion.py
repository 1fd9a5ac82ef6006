"""`dpip completion`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from command.helping import subcommand
from command.panels import SYSTEM


class Shell(StrEnum):
    """Whose completion there is."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def add_to(app: typer.Typer) -> None:
    @subcommand(app, SYSTEM)
    def completion(
        shell: Annotated[
            Shell, typer.Argument(metavar="bash|zsh|fish", help="your shell", show_choices=False)
        ],
    ) -> None:
        """Print the lines that make a shell complete dpip's subcommands and flags.

            dpip completion bash >> ~/.bashrc
            dpip completion zsh >> ~/.zshrc
            dpip completion fish > ~/.config/fish/completions/dpip.fish

        Shells that are opened from then on have it.
        """
        from typer.completion import get_completion_script  # type: ignore[attr-defined]  # noqa: PLC0415

        typer.echo(get_completion_script(prog_name="dpip", complete_var="_DPIP_COMPLETE", shell=shell))
