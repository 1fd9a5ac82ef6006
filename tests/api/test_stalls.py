"""Clients that send a part of a body and then nothing, over real sockets: their turns are given to others."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from tests.api.processes import answer, running, upload_request
from tests.pictures import encode, photograph

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


def test_a_body_that_stalls_is_ended_and_a_slow_one_is_not(tmp_path: Path) -> None:
    picture = encode(photograph(1, 0.05), "jpeg")
    with running(tmp_path / "home", DPIP_STALL_S="1", DPIP_UPLOADS_AT_ONCE="1") as api:
        token = api.login()
        workload_id = api.json("/workloads", "--request", "POST", token=token)["workload_id"]
        head, body = upload_request(token, workload_id, picture)
        with api.connect() as stalled:  # on the only turn
            stalled.sendall(head + body[:100])
            status, problem = answer(stalled)
            assert status == 408, problem
            assert b"1 seconds" in problem
        with api.connect() as next_one:
            next_one.sendall(head + body)
            assert answer(next_one)[0] == 201
        with api.connect() as slow:
            slow.sendall(head)
            for start in range(0, len(body), len(body) // 4 + 1):
                time.sleep(0.5)  # longer than the limit in all, never at once
                slow.sendall(body[start : start + len(body) // 4 + 1])
            assert answer(slow)[0] == 201
        assert api.json(f"/workloads/{workload_id}", token=token)["total"] == 2
        assert not list((tmp_path / "home" / "images" / ".incoming").iterdir())
