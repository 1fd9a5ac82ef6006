"""Clients that send a part of a body and then nothing, over real sockets: their turns are given to others."""

from __future__ import annotations

import fcntl
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api.web.connections import Seen, connections
from api.web.stalls import POSTPONED_S, InFlight, stalled
from api.web.trickles import Trickles
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


PEER = ("192.0.2.1", 50000)
LONG_S = 1000.0


def first_slow(looks: list[Seen], least_per_s: float = 100.0) -> int | None:
    """At which look, one each second, the connection is taken for one that trickles."""
    trickles = Trickles(least_per_s, within_s=5)
    for number, seen in enumerate(looks):
        if trickles.look([seen], 1000.0 + number):
            return number
    return None


def seen(received_bytes: int, *, sent_before_s: float = LONG_S, waiting_bytes: int = 0) -> Seen:
    return Seen(PEER, sent_before_s, 0.0, received_bytes, waiting_bytes)


def test_what_comes_too_slowly_is_told_from_all_else() -> None:
    assert first_slow([seen(number * 99) for number in range(20)]) == 5
    assert first_slow([seen(number * 100) for number in range(20)]) is None
    assert first_slow([seen(number // 4) for number in range(20)]) == 12, "a byte now and then, at the third"
    burst = [seen(min(number, 1) * 1000 + number) for number in range(20)]
    assert first_slow(burst) == 10, "what came long ago is no excuse"
    assert first_slow([seen(300)] * 20) is None, "it is worked on"
    pieces = [seen(number * 20) for number in range(5)]
    assert first_slow([*pieces, *[pieces[-1]] * 20]) is None, "it came in pieces, and is worked on"
    answered = [seen(number * 50, sent_before_s=0.5) for number in range(20)]
    assert first_slow(answered) is None, "one request after the other"
    waits = [seen(number * 50, waiting_bytes=50) for number in range(20)]
    assert first_slow(waits) is None, "nobody reads it"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_a_body_that_trickles_is_ended_beside_others_that_do_not(tmp_path: Path) -> None:
    picture = encode(photograph(1, 0.05), "jpeg")
    with running(tmp_path / "home", DPIP_STALL_S="2", DPIP_UPLOADS_AT_ONCE="4") as api:
        token = api.login()
        workload_id = api.json("/workloads", "--request", "POST", token=token)["workload_id"]
        head, body = upload_request(token, workload_id, picture)
        with api.connect() as trickling, api.connect() as slow:
            slow.sendall(head)
            trickling.sendall(head)
            sent = 0
            for number in range(100):
                trickling.sendall(body[number * 3 : number * 3 + 3])
                if sent < len(body) - 500:  # 2,500 bytes a second
                    slow.sendall(body[sent : sent + 500])
                    sent += 500
                if select.select([trickling], [], [], 0.2)[0]:
                    break
            status, problem = answer(trickling)
            assert status == 408, problem
            assert b"fewer than 1,000 bytes of the body came in each second, for 2 seconds" in problem
            slow.sendall(body[sent:])
            assert answer(slow)[0] == 201
        assert api.json(f"/workloads/{workload_id}", token=token)["total"] == 1
        assert not list((tmp_path / "home" / "images" / ".incoming").iterdir())


def test_looking_at_connections_drops_no_lock_on_a_file(tmp_path: Path) -> None:
    """POSIX drops a process's locks on a file when any descriptor of it is closed: SQLite relies on them."""
    ask = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    file = tmp_path / "database"
    with file.open("w") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        assert not list(connections({"192.0.2.1"}))
        tried = subprocess.run([sys.executable, "-c", ask, str(file)], capture_output=True, check=False)
        assert b"BlockingIOError" in tried.stderr
