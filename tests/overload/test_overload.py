"""The short form of `make overload`: nobody is left without an answer, and nobody is kept twice."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.api.processes import running
from tests.overload.__main__ import Memory, load
from tests.overload.clients import Tally
from tests.overload.targets import of_api
from tests.overload.verdict import MEBIBYTE, broken_promises
from tests.pictures import encode, photograph

CLIENTS, SECONDS, SEED = 200, 3.0, 1
STARVED_S = 2.0  # far from the 0.1 s of a machine that is free


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_200_clients_at_once_get_201_or_are_told_when_to_come_back(tmp_path: Path) -> None:
    with running(tmp_path / "home") as api:
        target = of_api(api)
        memory = Memory(target.serving)
        tally = load(target, encode(photograph(SEED, 0.5), "jpeg"), CLIENTS, SECONDS, SEED)
        before, most = memory.stop()
        token = api.login()
        [workload] = api.json("/workloads", token=token)["workloads"]
    assert not list(broken_promises(tally, (before, before), STARVED_S))
    assert most - before < 128 * MEBIBYTE, "it grows"
    ids = [json.loads(body)["image_id"] for body in tally.kept]
    assert len(set(ids)) == len(ids) == workload["total"] > 0


def test_a_broken_promise_is_told() -> None:
    def met(**more: object) -> list[str]:
        tally = Tally(Counter({201: 90, 429: 10}), kept=["{}"] * 90, status_s=[0.01] * 197 + [0.09, 0.1, 3.0])
        for name, value in more.items():
            setattr(tally, name, value)
        return list(broken_promises(tally, (100 * MEBIBYTE, 110 * MEBIBYTE)))

    assert met() == []
    assert "2 uploads got 500" in met(statuses=Counter({201: 90, 500: 2}))[0]
    assert "ConnectionResetError" in met(broken=Counter({"ConnectionResetError": 1}))[0]
    assert "when to come back" in met(without_advice=1)[0]
    assert "/status: 503" in met(other=["/status: 503"])[0]
    assert met(kept=[], status_s=[]) == ["no upload was kept", "nobody asked for the status"]
    assert "110 ms" in met(status_s=[0.01] * 90 + [0.11] * 10)[0]
    assert "grew by 40 MiB" in list(broken_promises(Tally(), (0, 40 * MEBIBYTE)))[-1]
