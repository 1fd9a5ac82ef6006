"""What other processes do to the datastore in tests: `python -m tests.datastore.hammer TASK ARGUMENT...`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from datastore import Datastore, open_datastore
from tests.datastore.making import LEASE, NOW, add, claim, failure, success

_WAIT_S = 60


def run_together(count: int, task: str, *arguments: str) -> list[int]:
    """Run a task in processes that begin at once, when all are up; returns their exit statuses."""
    command = [sys.executable, "-m", "tests.datastore.hammer", task]
    processes = [
        subprocess.Popen(
            [*command, str(number), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for number in range(count)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
        return [process.wait(_WAIT_S) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def wait_for_the_others() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


def open_and_ask(_number: str, url: str) -> None:
    wait_for_the_others()
    with open_datastore(url) as store:
        assert store.leadership.ray_address() is None


def add_originals(_number: str, url: str, workload_id: str, count: str) -> None:
    with open_datastore(url) as store:
        wait_for_the_others()
        add(store, workload_id, int(count))


def claim_and_finish(number: str, url: str, epoch: str) -> None:
    with open_datastore(url) as store:
        wait_for_the_others()
        while work_once(store, int(epoch), f"worker-{number}"):
            pass


def work_once(store: Datastore, epoch: int, worker: str, batch: int = 10) -> int:
    """One round of a scheduler; returns how many candidates there were.

    Every tenth job fails, the rest succeed, and everything is said twice.
    """
    candidates = store.queue.candidates(batch, batch, frozenset())
    claimed = claim(store, [job.id for job in candidates], epoch, worker)
    outcomes = [failure(one) if one.job.id.endswith("7") else success(one) for one in claimed]
    assert all(store.queue.finish(outcomes, NOW, 3))
    assert all(store.queue.finish(outcomes, NOW, 3))
    return len(candidates)


def work_for_ever(url: str, workload_id: str, epoch: str) -> None:
    """Add, claim, finish, release until killed; says the id of each original that was committed."""
    with open_datastore(url) as store:
        while True:
            for image in add(store, workload_id, 3):
                sys.stdout.write(f"{image.id}\n")
            sys.stdout.flush()
            work_once(store, int(epoch), "worker-1", batch=2)
            following = [job.id for job in store.queue.candidates(1, 1, frozenset())]
            claimed = claim(store, following, int(epoch))
            store.queue.release([(one.job.id, one.attempt) for one in claimed], died=True, now=LEASE)


TASKS: dict[str, Callable[..., None]] = {
    task.__name__: task for task in (open_and_ask, add_originals, claim_and_finish, work_for_ever)
}

if __name__ == "__main__":
    TASKS[sys.argv[1]](*sys.argv[2:])
