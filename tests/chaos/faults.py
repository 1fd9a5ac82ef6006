"""Doing harm, and undoing it. Each fault is a begin and an end, both in the journal."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.chaos.journal import Journal
from tests.chaos.schedule import KILLS, PLACES, RESTARTS, STOPS, Fault
from tests.chaos.victim import Victim

BALLAST = "ballast"
PIECE = bytes(2**20)
FULL_WITHIN_S = 20.0
BUSY_S = 30.0  # how long the fault itself waits for the database
STOPS_WITHIN_S = 90.0


def possible(victim: Victim) -> frozenset[str]:
    place = victim.place
    impossible = set() if place.own_disk else {"fill disk"}
    if place.far is None:
        impossible |= {"cut network", "kill far worker", "kill far raylet"}
    return frozenset({*KILLS, *STOPS, *RESTARTS, *PLACES} - impossible)


class Attacker:
    """Carries faults out. Those that last run beside others, but never twice the same kind at once."""

    def __init__(self, victim: Victim, journal: Journal) -> None:
        self._victim = victim
        self._journal = journal
        self._lasting: dict[str, threading.Thread] = {}
        self._harmed: set[int] = set()  # numbers of the faults that were done to something

    def begin(self, fault: Fault) -> bool:
        """False when there was nothing to be done it to."""
        if not fault.lasts_s:
            return self._at_once(fault)
        if fault.kind in self._lasting and self._lasting[fault.kind].is_alive():
            return False
        began = threading.Event()
        self._lasting[fault.kind] = thread = threading.Thread(
            target=self._last, args=(fault, began), daemon=True
        )
        thread.start()
        began.wait()
        return fault.number in self._harmed

    def wait(self) -> None:
        """Until everything is undone."""
        for thread in self._lasting.values():
            thread.join()

    def _at_once(self, fault: Fault) -> bool:
        victim = self._victim
        number = signal.SIGKILL if fault.verb == "kill" else signal.SIGTERM
        if fault.target == "everything":
            self._note(fault, "fault", pid=victim.up.pid)
            victim.kill_everything()
            self._note(fault, "ended")
            victim.start_again()
            return True
        found = victim.targets(fault.target)
        if not found:
            return False
        process = found[int(fault.pick * len(found))]
        self._note(fault, "fault", pid=process.pid)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        if fault.target == "supervisor":
            victim.up.wait(STOPS_WITHIN_S)
            self._note(fault, "ended")
            victim.start_again()
        return True

    def _last(self, fault: Fault, began: threading.Event) -> None:
        harm = {"stop": self._stopped, "cut": self._cut, "fill": self._filled, "busy": self._busy}[fault.verb]
        try:
            with harm(fault):
                began.set()
                if fault.number in self._harmed:
                    time.sleep(fault.lasts_s)
        except (psutil.Error, sqlite3.Error, OSError) as error:
            self._journal.note("fault failed", number=fault.number, why=repr(error))
        finally:
            began.set()

    @contextlib.contextmanager
    def _stopped(self, fault: Fault) -> Iterator[None]:
        found = self._victim.targets(fault.target)
        if not found:
            yield
            return
        process = found[int(fault.pick * len(found))]
        process.suspend()
        self._note(fault, "fault", pid=process.pid)
        try:
            yield
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
            self._note(fault, "ended")

    @contextlib.contextmanager
    def _cut(self, fault: Fault) -> Iterator[None]:
        far = self._victim.place.far
        assert far is not None
        far.link("down")
        self._note(fault, "fault")
        try:
            yield
        finally:
            far.link("up")
            self._note(fault, "ended")

    @contextlib.contextmanager
    def _filled(self, fault: Fault) -> Iterator[None]:
        ballast = self._victim.place.home / BALLAST
        over, full = threading.Event(), threading.Event()
        thread = threading.Thread(target=_fill, args=(ballast, full, over))
        thread.start()
        full.wait(FULL_WITHIN_S)
        self._note(fault, "fault", full=full.is_set())
        try:
            yield
        finally:
            over.set()
            thread.join()
            ballast.unlink(missing_ok=True)
            self._note(fault, "ended")

    @contextlib.contextmanager
    def _busy(self, fault: Fault) -> Iterator[None]:
        file = self._victim.here.home.database_file
        connection = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._note(fault, "fault")
            yield
            connection.execute("ROLLBACK")
            self._note(fault, "ended")
        finally:
            connection.close()

    def _note(self, fault: Fault, event: str, **facts: object) -> None:
        self._harmed.add(fault.number)
        self._journal.note(event, number=fault.number, kind=fault.kind, lasts_s=fault.lasts_s, **facts)


def _fill(ballast: Path, full: threading.Event, over: threading.Event) -> None:
    """To the last byte, and again whenever somebody made room."""
    with ballast.open("wb", buffering=0) as file:
        room = os.statvfs(ballast)
        with contextlib.suppress(OSError):  # others write, too
            os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)
        file.seek(0, os.SEEK_END)
        while not over.is_set():
            try:
                file.write(PIECE)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                with contextlib.suppress(OSError):
                    while os.write(file.fileno(), b"\0" * 4096):
                        pass
                full.set()
                over.wait(0.05)
