"""Keeps components running until it is told to stop; then stops them in order and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from command.backoff import Backoff
from command.components import Component, Stage
from command.output import LogFile, Sieve, printable
from command.process import Process, describe_exit
from command.screen import Screen
from command.wakeup import Wakeup
from dpip.lifecycle import EXIT_KILLED, adopt_orphans
from dpip.settings import EXIT_USAGE

EXIT_STOPPED = 0
_KILLED_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.1  # while the system starts


class Kept:
    """A component with the run of it that is on now, if any."""

    def __init__(self, component: Component, log: LogFile, sieve: Sieve) -> None:
        self.component = component
        self.log = log
        self.sieve = sieve
        self.backoff = Backoff()
        self.process: Process | None = None
        self.last_line_shown = False
        # Monotonic; None: it runs, or is not to be started (yet).
        self.start_at: float | None = None if component.in_no_hurry else 0.0
        self.missing_since: float | None = None  # monotonic; set from its death until it is up again

    @property
    def up(self) -> bool:
        """True when the process that runs now has written its record; an earlier one's was removed."""
        return self.process is not None and self.component.record.exists()


class Supervisor:
    """Owns the processes. One thread: the kernel ties children to the thread that forked them."""

    def __init__(self, components: Sequence[Component], logs: Path, screen: Screen, *, verbose: bool) -> None:
        self._screen = screen
        self._wakeup = Wakeup()
        self.kept = [Kept(c, LogFile(logs / f"{c.name}.log"), Sieve(verbose)) for c in components]
        self._ready = False
        self._hopeless: Kept | None = None

    def run(self, look: Callable[[], bool]) -> int:
        """Start everything and watch over it until a signal comes; returns the exit status.

        `look` is called every 0.1 s until it says that the system is ready. Until then a component that
        ends with the status for settings that cannot work ends the whole run.
        """
        adopt_orphans()
        with self._wakeup.installed():
            try:
                self._watch(look)
                self._screen.end_progress()
                return self._stop()
            finally:
                self._screen.end_progress()
                self._kill_everything()
                for kept in self.kept:
                    kept.log.close()

    def _watch(self, look: Callable[[], bool]) -> None:
        while not self._wakeup.stop_signals and self._hopeless is None:
            now = time.monotonic()
            for kept in self.kept:
                if kept.start_at is not None and kept.start_at <= now:
                    self._start(kept)
            starts = [kept.start_at - now for kept in self.kept if kept.start_at is not None]
            looking = not self._ready or any(kept.missing_since is not None for kept in self.kept)
            waits = [*starts, _LOOK_EVERY_S] if looking else starts
            self._pump(max(min(waits), 0) if waits else None)
            if self._ready:
                self._welcome_back()
            else:
                self._ready = look()
                if self._ready:
                    self._start_the_rest()

    def _start_the_rest(self) -> None:
        for kept in self.kept:
            if kept.component.in_no_hurry:
                self._start(kept)

    def _welcome_back(self) -> None:
        for kept in self.kept:
            if kept.missing_since is not None and kept.up:
                away_s = time.monotonic() - kept.missing_since
                self._screen.note(f"{kept.component.name} is up again after {away_s:.1f} s", "green")
                kept.missing_since = None

    def _start(self, kept: Kept) -> None:
        kept.start_at = None
        try:
            kept.process = Process(kept.component)
        except OSError as error:  # no memory, no process ids: it may do better later
            self._screen.note(f"cannot start {kept.component.name}: {error}", "red")
            kept.start_at = time.monotonic() + kept.backoff.after(0.0)
            return
        self._wakeup.watch(kept.process.output, kept)

    def _pump(self, timeout_s: float | None) -> None:
        """Wait for something to happen, pass output on, and notice what ended."""
        for owner in self._wakeup.wait(timeout_s):
            if isinstance(owner, Kept):
                self._read(owner)
        self._reap()

    def _read(self, kept: Kept) -> bool:
        """Pass on what it wrote; False when there will be no more."""
        if kept.process is None:
            return False
        lines = kept.process.read_lines()
        if lines is None:
            self._wakeup.forget(kept.process.output)
            return False
        with contextlib.suppress(OSError):  # a full disk must not stop the supervisor
            kept.log.write(lines)
        for line in lines:
            shown = kept.sieve.pick(line)
            if shown is not None:
                self._screen.log(kept.component.name, shown)
            kept.last_line_shown = shown is not None
        return True

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            kept = next((k for k in self.kept if k.process is not None and k.process.pid == pid), None)
            if kept is not None:  # else an orphan that fell to us
                self._ended(kept, os.waitstatus_to_exitcode(status))

    def _ended(self, kept: Kept, code: int) -> None:
        process = kept.process
        assert process is not None  # noqa: S101 - it was found by its process id
        process.ended(code)
        while self._read(kept):
            pass
        self._wakeup.forget(process.output)
        process.close()
        kept.process = None
        kept.component.record.unlink(missing_ok=True)
        if self._wakeup.stop_signals or self._hopeless is not None:
            return
        name = kept.component.name
        if code == EXIT_USAGE and not self._ready:
            self._hopeless = kept
            self._screen.end_progress()
            for line in process.last_lines:
                self._screen.log(name, line)
            self._screen.note(f"{name} cannot run with these settings; stopping", "red")
            return
        wait_s = kept.backoff.after(process.lived_s)
        kept.missing_since = kept.missing_since or time.monotonic()
        kept.start_at = time.monotonic() + wait_s
        if code > 0 and process.last_lines and not kept.last_line_shown:  # a traceback ends with the reason
            self._screen.log(name, printable(process.last_lines[-1]))
        self._screen.note(
            f"{name} ended ({describe_exit(code)}) after {process.lived_s:.1f} s; "
            f"starting it again in {wait_s:g} s; see logs/{name}.log",
            "yellow",
        )

    def _stop(self) -> int:
        if self._hopeless is None:
            self._screen.note(f"{self._wakeup.stop_signals[0].name}: stopping; once more stops at once")
        signals_before = len(self._wakeup.stop_signals)
        for stage in Stage:
            running = [k for k in self.kept if k.component.stage is stage and k.process is not None]
            if not self._stop_stage(running, signals_before):
                self._screen.note("killing what is left", "red")
                return EXIT_KILLED
        if self._hopeless is not None:
            return EXIT_USAGE
        self._screen.note("stopped")
        return EXIT_STOPPED

    def _stop_stage(self, running: list[Kept], signals_before: int) -> bool:
        """SIGTERM, then SIGKILL for what is too slow. False when another signal came."""
        began = time.monotonic()
        for kept in running:
            if kept.process is not None:
                kept.process.signal(signal.SIGTERM)
        while any(kept.process is not None for kept in running):
            elapsed = time.monotonic() - began
            for kept in running:
                if kept.process is not None and elapsed >= kept.component.stops_within_s:
                    self._screen.note(f"{kept.component.name} did not stop in time; killing it", "red")
                    kept.process.signal(signal.SIGKILL)
                    kept.process.kill_session()
            self._pump(_LOOK_EVERY_S)
            if len(self._wakeup.stop_signals) > signals_before:
                return False
        return True

    def _kill_everything(self) -> None:
        """SIGKILL every descendant that is left: orphans have fallen to this process."""
        deadline = time.monotonic() + _KILLED_WITHIN_S
        while left := psutil.Process().children(recursive=True):
            if time.monotonic() > deadline:
                self._screen.note(f"cannot kill {[process.pid for process in left]}", "red")
                return
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            self._pump(_LOOK_EVERY_S / 2)
