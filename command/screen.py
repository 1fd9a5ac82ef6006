"""What `dpip up` shows: a line of lights while things start, a summary when they are ready, then events."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.live import Live
from rich.text import Text

_NAME_WIDTH = 10


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Fall silent; the default ends the process, and its children would be on their own."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


class Screen:
    """Colours and a live line on a terminal, plain lines elsewhere. Never fails: its reader may be gone."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or _Console(highlight=False, soft_wrap=True)
        self._live: Live | None = None
        self._seen: set[str] = set()

    def opening(self, version: str, home: str) -> None:
        self._show(Text.assemble(("DPIP ", "bold"), (version, "bold"), f" starts in {home}"))
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            with _forgiven():
                self._live.start()

    def progress(self, up: Mapping[str, bool], elapsed_s: float, waits_for: str) -> None:
        """Which components are up so far, and what the system still waits for."""
        if self._live is None:
            for name in [name for name, is_up in up.items() if is_up and name not in self._seen]:
                self._seen.add(name)
                self._show(Text(f"  {name} is up after {elapsed_s:.1f} s"))
            return
        line = Text("  ")
        for name, is_up in up.items():
            line.append("● " if is_up else "○ ", "green" if is_up else "yellow")
            line.append(f"{name}  ", "" if is_up else "dim")
        line.append(f"{elapsed_s:.1f} s ", "cyan")
        if waits_for:
            line.append(f"({waits_for})", "dim")
        line.truncate(self._console.width, overflow="ellipsis")
        with _forgiven():
            self._live.update(line, refresh=True)

    def ready(self, seconds: float, facts: Mapping[str, str], lines: Sequence[str]) -> None:
        """The summary: facts by name, and lines to paste, which are never broken."""
        self.end_progress()
        self._show(Text(f"ready after {seconds:.1f} s", "bold green"))
        self._show(Text())
        for name, value in facts.items():
            self._show(Text.assemble("  ", (f"{name:<{_NAME_WIDTH}}", "dim"), "  ", value))
        self._show(Text())
        for line in lines:
            self._show(Text.assemble("  ", (line, "cyan")))
        self._show(Text())

    def end_progress(self) -> None:
        if self._live is not None:
            with _forgiven():
                self._live.stop()
            self._live = None

    def log(self, name: str, line: str) -> None:
        """A line of a component's log."""
        self._show(Text.assemble((f"{name:>{_NAME_WIDTH}} | ", "magenta"), line))

    def note(self, text: str, style: str = "") -> None:
        """An event that the supervisor itself tells."""
        self._show(Text.assemble((f"{'dpip':>{_NAME_WIDTH}} | ", "bold"), (text, style)))

    def _show(self, text: Text) -> None:
        with _forgiven():
            self._console.print(text)
            self._console.file.flush()


@contextlib.contextmanager
def _forgiven() -> Iterator[None]:
    """A terminal that was closed must not keep the supervisor from stopping its children."""
    with contextlib.suppress(OSError, ValueError):
        yield
