"""The supervisor with real processes: killed, restarted, stopped in order, and nothing left."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20.0


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.02)
    return value


class Run:
    """A supervisor of dummies, as a process."""

    def __init__(self, folder: Path, **plan: dict[str, Any]) -> None:
        self.folder = folder
        self.output = folder / "output"
        with self.output.open("w") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.command.dummies", str(folder), json.dumps(plan)],
                cwd=ROOT,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    def events(self, name: str) -> list[tuple[str, int, float]]:
        file = self.folder / f"{name}.events"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(event, int(pid), float(at)) for event, pid, at in (line.split() for line in lines)]

    def pids(self, name: str) -> list[int]:
        return [pid for event, pid, _ in self.events(name) if event == "up"]

    def ready(self) -> Run:
        wait_until(lambda: "READY" in self.output.read_text() or self.process.poll() is not None, "ready")
        assert self.process.poll() is None, self.output.read_text()
        return self

    def started(self, name: str, times: int) -> None:
        wait_until(lambda: len(self.pids(name)) == times, f"{name} started {times} times")

    def child_of(self, name: str) -> int:
        return int((self.folder / f"{name}.child").read_text())

    def everything(self) -> list[psutil.Process]:
        return [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs = []

    def started(**plan: dict[str, Any]) -> Run:
        runs.append(Run(tmp_path, **plan))
        return runs[-1]

    yield started
    for run in runs:
        if run.process.poll() is None:
            for process in reversed(run.everything()):
                process.kill()
            run.process.wait()


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_in_order(start: Callable[..., Run], number: signal.Signals) -> None:
    run = start(
        ray={"is": "good", "stage": "RAY"},
        api={"is": "good", "stage": "API"},
        controller={"is": "good", "stage": "CONTROLLER"},
        one={"is": "good", "stage": "WORKERS"},
        scheduler={"is": "good", "stage": "SCHEDULER"},
    ).ready()
    processes = run.everything()

    assert run.stop(number) == 0

    stopped = {name: run.events(name)[-1] for name in ("api", "one", "scheduler", "controller", "ray")}
    assert all(event == "stopped" for event, _, _ in stopped.values())
    assert sorted(stopped, key=lambda name: stopped[name][2]) == list(stopped)
    assert not alive(processes)


def test_what_is_in_no_hurry_comes_when_the_others_are_there(start: Callable[..., Run]) -> None:
    run = start(later={"is": "good", "in_no_hurry": True}, one={"is": "good"}).ready()
    run.started("later", 1)
    assert run.events("one")[0][2] < run.events("later")[0][2]
    os.kill(run.pids("later")[0], signal.SIGKILL)
    run.started("later", 2)
    processes = run.everything()
    assert run.stop() == 0
    assert not alive(processes)


def test_what_is_killed_is_started_again_and_the_others_are_left_alone(start: Callable[..., Run]) -> None:
    run = start(one={"is": "good"}, two={"is": "good"}).ready()
    for times in (1, 2, 3):
        os.kill(run.pids("one")[-1], signal.SIGKILL)
        run.started("one", times + 1)
    assert len(run.pids("two")) == 1
    assert run.stop() == 0
    assert "one ended (SIGKILL)" in run.output.read_text()
    assert "one is up again after" in run.output.read_text()


def test_what_a_dead_component_left_is_killed_before_it_starts_again(start: Callable[..., Run]) -> None:
    run = start(one={"is": "parent"}).ready()
    child = run.child_of("one")
    os.kill(run.pids("one")[0], signal.SIGKILL)
    run.started("one", 2)
    assert gone(child)
    assert run.stop() == 0


def test_what_crashes_is_tried_again_with_growing_waits(start: Callable[..., Run]) -> None:
    run = start(one={"is": "crashing"}, two={"is": "good"})
    times = wait_until(lambda: (e := run.events("one")) and len(e) >= 4 and e, "four attempts")
    gaps = [after[2] - before[2] for before, after in itertools.pairwise(times)]
    assert gaps[1] > gaps[0] + 0.1
    assert gaps[2] > gaps[1] + 0.2
    assert run.stop() == 0
    assert "something went wrong" in (run.folder / "logs" / "one.log").read_text()
    assert " one | something went wrong\n" in run.output.read_text(), "the reason, without a look at the logs"


def test_settings_that_cannot_work_end_the_run(start: Callable[..., Run]) -> None:
    run = start(one={"is": "good"}, two={"is": "misled"})
    assert run.process.wait(PATIENCE_S) == 2
    assert "this setting cannot work" in run.output.read_text()
    assert all(gone(pid) for pid in run.pids("one"))


def test_what_does_not_stop_in_time_is_killed(start: Callable[..., Run]) -> None:
    run = start(one={"is": "stubborn", "within": 0.3}, two={"is": "good", "stage": "RAY"}).ready()
    assert run.stop() == 0
    assert gone(run.pids("one")[0])
    assert run.events("two")[-1][0] == "stopped"
    assert "one did not stop in time" in run.output.read_text()


def test_the_second_signal_kills_at_once(start: Callable[..., Run]) -> None:
    run = start(one={"is": "stubborn", "within": 1000}, two={"is": "stubborn", "stage": "RAY"}).ready()
    processes = run.everything()
    run.process.send_signal(signal.SIGINT)
    wait_until(lambda: "once more stops at once" in run.output.read_text(), "the first signal noticed")
    assert run.stop(signal.SIGINT) == 130
    assert not alive(processes)


def test_processes_that_left_their_session_do_not_outlive_the_run(start: Callable[..., Run]) -> None:
    run = start(one={"is": "daemon"}).ready()
    child = run.child_of("one")
    assert run.stop() == 0
    assert gone(child)


def test_children_stop_when_the_supervisor_is_killed(start: Callable[..., Run]) -> None:
    run = start(one={"is": "good"}, two={"is": "good"}).ready()
    run.stop(signal.SIGKILL)
    for name in ("one", "two"):
        wait_until(partial(gone, run.pids(name)[0]), "gone")
        assert run.events(name)[-1][0] == "stopped"


def test_a_terminal_that_was_closed_does_not_keep_it_from_stopping(start: Callable[..., Run]) -> None:
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.command.dummies", str(start().folder), '{"one": {"is": "good"}}'],
        cwd=ROOT,
        stdout=writer,
        stderr=writer,
    )
    os.close(writer)
    with os.fdopen(reader) as stream:
        assert stream.readline() == "READY\n"
    process.terminate()
    assert process.wait(PATIENCE_S) == 0


def test_warnings_reach_the_terminal_and_everything_the_log(start: Callable[..., Run]) -> None:
    run = start(loud={"is": "loud"}).ready()
    assert run.stop() == 0
    shown = run.output.read_text()
    assert "loud | warning: all is not \\x1b[31mwell" in shown
    assert "more of it" in shown
    assert "all is well" not in shown
    assert "all is well" in (run.folder / "logs" / "loud.log").read_text()
