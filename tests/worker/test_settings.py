from __future__ import annotations

import pytest

from dpip.settings import load
from worker.config import WorkerSettings, default_name
from worker.machine import usable_cores


def settings(*arguments: str) -> WorkerSettings:
    return load(WorkerSettings, "python -m worker", arguments)


def test_the_missions_own_line() -> None:
    read = settings(
        "--controller", "tcp://10.0.0.1:40899", "--worker-name", "worker-1", "--tags", "cpu, large"
    )
    assert read.controller == "10.0.0.1:40899"
    assert read.worker_name == "worker-1"
    assert read.tag_names == ("cpu", "large")


def test_without_flags_it_has_this_machines_name_and_cores() -> None:
    read = settings()
    assert read.worker_name == default_name()
    assert read.cores == usable_cores() >= 1
    assert read.tag_names == ()
    assert read.instance != settings().instance


@pytest.mark.parametrize(
    ("host", "name"),
    [("node7", "node7"), ("_x y.local", "x-y.local"), ("...", "worker"), ("a" * 100, "a" * 63)],
)
def test_a_hosts_name_becomes_one_that_a_worker_may_have(
    host: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: host)
    assert default_name() == name


def test_all_mistakes_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        settings("--worker-name", "../evil", "--tags", "gpu,a b", "--cores", "0")
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert "--worker-name: worker name '../evil' is not allowed" in told
    assert "--tags: tag 'a b' is not allowed" in told
    assert "--cores" in told
