"""Clients that send a part of a body and then nothing, over real sockets: their turns are given to others."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from api.stalls import POSTPONED_S, InFlight, stalled
from tests.api.processes import answer, running, upload_request
from tests.pictures import encode, photograph


def in_flight(address: str, moved_at: float, reads_since: float | None = None) -> InFlight:
    request = InFlight(address)
    request.moved_at, request.reads_since = moved_at, reads_since
    return request


def test_a_stalled_one_is_not_ended_while_another_from_its_address_is_as_silent() -> None:
    """One that waits for its turn, a preview that is made, a download whose client does not read."""
    one, other = in_flight("a", 10, reads_since=10), in_flight("b", 12, reads_since=12)
    silent, moving = in_flight("a", 15), in_flight("b", 95)
    late_itself = in_flight("b", 5, reads_since=5)
    assert stalled([one, other, silent, moving, late_itself], 50) == [other, late_itself]
    assert stalled([one, other], 11) == [one], "the other began later"
    assert stalled([one, silent], 10 + POSTPONED_S) == []
    assert stalled([one, silent], 11 + POSTPONED_S) == [one], "it does not hold its turn for ever"
    assert stalled([in_flight("a", 10, reads_since=49), one], 48) == [], "that one waited until now"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
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
