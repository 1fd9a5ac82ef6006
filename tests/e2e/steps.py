"""What the script prints: one line per step, with its time, and a progress bar while a step lasts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Step:
    """A step that goes on; `outcome` is shown at its end."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self.outcome = ""
        self.show = advance  # how many of the total are done
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


class Steps:
    def __init__(self) -> None:
        self.console = Console(highlight=False, soft_wrap=True)
        self._number = 0

    @contextmanager
    def step(self, title: str, total: int = 0) -> Iterator[Step]:
        """Print the step when it is done. With a total, a terminal shows a bar meanwhile."""
        self._number += 1
        if total and self.console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            with Progress(*columns, console=self.console, transient=True) as progress:
                task = progress.add_task(title, total=total)
                step = Step(lambda done: progress.update(task, completed=done))
                yield step
        else:
            step = Step(lambda _: None)
            yield step
        self.console.print(f"{self._number:>2}. {title:<34} {step.seconds:7.2f} s  {step.outcome}")
