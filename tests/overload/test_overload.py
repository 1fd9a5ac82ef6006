"""The short form of `make overload`: nobody is left without an answer, and nobody is kept twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.api.processes import running
from tests.overload.__main__ import Memory, load
from tests.pictures import encode, photograph

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")

MEBIBYTE = 2**20
CLIENTS, SECONDS, SEED = 200, 3.0, 1


def test_200_clients_at_once_get_201_or_are_told_when_to_come_back(tmp_path: Path) -> None:
    with running(tmp_path / "home") as api:
        memory = Memory(api)
        tally = load(api, encode(photograph(SEED, 0.5), "jpeg"), CLIENTS, SECONDS, SEED)
        before, most = memory.stop()
        token = api.login()
        [workload] = api.json("/workloads", token=token)["workloads"]
    assert set(tally.statuses) <= {201, 429}, tally.other
    assert not tally.broken, "a connection without an answer"
    assert not tally.other
    assert not tally.without_advice, "429 without Retry-After"
    ids = [json.loads(body)["image_id"] for body in tally.kept]
    assert len(set(ids)) == len(ids) == workload["total"] > 0
    assert tally.status_quantile(0.99) < 2.0, "far from the 0.1 s of a machine that is free; not starved"
    assert most - before < 128 * MEBIBYTE, "it grows"
