"""A process that is killed in the middle of writing leaves a whole database behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

from datastore import Datastore
from tests.datastore.invariants import check_invariants
from tests.datastore.making import lead, new_workload

LINES_BEFORE_THE_KILL = (1, 40, 95)


@pytest.mark.parametrize("lines", LINES_BEFORE_THE_KILL)
def test_what_was_committed_before_a_kill_is_there_after_it(store: Datastore, url: str, lines: int) -> None:
    workload = new_workload(store)
    epoch = lead(store)
    command = [sys.executable, "-m", "tests.datastore.hammer", "work_for_ever", url, workload.id, str(epoch)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        committed = [process.stdout.readline().strip() for _ in range(lines)]
        process.kill()
        committed += [line.strip() for line in process.stdout if line.endswith("\n")]
    assert committed[0]
    check_invariants(url)
    there = {image.id for image in store.catalog.images(workload.id, limit=100_000).items}
    assert there.issuperset(committed)
    queued = len(store.queue.candidates(100_000, 100_000, frozenset()))
    requeued = store.queue.release_expired(1e12)
    assert len(store.queue.candidates(100_000, 100_000, frozenset())) == queued + requeued


def test_a_killed_writer_does_not_keep_the_lock(store: Datastore, url: str) -> None:
    """Killed inside a transaction that holds the write lock."""
    workload = new_workload(store)
    holding = (
        "import sys, time\n"
        "from datastore import open_datastore\n"
        "from tests.datastore.making import NOW, new_original\n"
        "def place(key):\n"
        "    print('placing', flush=True)\n"
        "    time.sleep(600)\n"
        "open_datastore(sys.argv[1]).catalog.add_original(new_original(sys.argv[2]), place, NOW)\n"
    )
    command = [sys.executable, "-c", holding, url, workload.id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "placing\n"
        process.kill()
    assert store.catalog.cancel_workload(workload.id, 1.0) is not None
    assert store.catalog.images(workload.id).items == ()
