"""Threads and processes at once: nothing twice, nothing missing. The recount follows in `store`."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from datastore import Datastore
from dpip.domain import JobState, Machine, WorkerState
from dpip.errors import Conflict
from dpip.ports import Report
from tests.datastore.hammer import run_together, work_once
from tests.datastore.making import (
    LOAD,
    MACHINE,
    NOW,
    add,
    claim_next,
    lead,
    new_workload,
    success,
)

THREADS = 8
PROCESSES = 3


def test_threads_add_to_one_workload(store: Datastore) -> None:
    workload = new_workload(store)
    with ThreadPoolExecutor(THREADS) as pool:
        made = list(pool.map(lambda _: add(store, workload.id, 1, NOW)[0], range(120)))
    assert sorted(image.seq for image in made) == list(range(1, 121))
    assert [i.id for i in store.catalog.images(workload.id, limit=500).items] == sorted(i.id for i in made)


def test_processes_add_to_one_workload(store: Datastore, url: str) -> None:
    workload = new_workload(store)
    assert run_together(PROCESSES, "add_originals", url, workload.id, "60") == [0] * PROCESSES
    counted = store.catalog.workload(workload.id, None)
    assert counted is not None
    assert counted.queued == 60 * PROCESSES


def test_threads_share_out_the_queue(store: Datastore) -> None:
    workloads = [new_workload(store, f"w{n}") for n in range(3)]
    for workload in workloads:
        add(store, workload.id, 40)
    epoch = lead(store)
    with ThreadPoolExecutor(THREADS) as pool:
        for future in [pool.submit(_work_all, store, epoch, n) for n in range(THREADS)]:
            future.result(60)
    for workload in workloads:
        counted = store.catalog.workload(workload.id, None)
        assert counted is not None
        assert (counted.unfinished, counted.done, counted.failed) == (0, 36, 4)
        attempts = {job.attempt for job in store.queue.jobs(workload.id).items}
        assert attempts == {1}, "a job was claimed twice"


def _work_all(store: Datastore, epoch: int, number: int) -> None:
    while work_once(store, epoch, f"worker-{number}"):
        pass


def test_processes_share_out_the_queue_while_uploads_go_on(store: Datastore, url: str) -> None:
    workload = new_workload(store)
    add(store, workload.id, 150)
    epoch = lead(store)
    with ThreadPoolExecutor(1) as pool:
        uploads = pool.submit(add, store, workload.id, 60)
        assert run_together(PROCESSES, "claim_and_finish", url, str(epoch)) == [0] * PROCESSES
        uploads.result(60)
    while work_once(store, epoch, "last"):
        pass
    counted = store.catalog.workload(workload.id, None)
    assert counted is not None
    assert (counted.unfinished, counted.total) == (0, 210)
    assert {job.attempt for job in store.queue.jobs(workload.id, limit=500).items} == {1}


def test_cancelling_deleting_finishing_and_renewing_at_once_never_lock_up(store: Datastore) -> None:
    epoch = lead(store)
    for turn in range(6):
        workloads = [new_workload(store, f"{turn} {n}") for n in range(3)]
        for workload in workloads:
            add(store, workload.id, 20)
        claimed = claim_next(store, epoch, 45)
        pairs = [(one.job.id, one.attempt) for one in claimed]
        with ThreadPoolExecutor(THREADS) as pool:
            futures: list[Future[Any]] = [
                pool.submit(store.queue.finish, [success(one) for one in claimed[0::2]], NOW, 3),
                pool.submit(store.queue.finish, [success(one) for one in claimed[::-1]], NOW, 3),
                pool.submit(store.catalog.cancel_workload, workloads[0].id, NOW),
                pool.submit(store.queue.renew, pairs[::-1], NOW + 99),
                pool.submit(store.queue.release, pairs[1::2], died=True, now=NOW),
                pool.submit(store.catalog.delete_workload, workloads[1].id),
                pool.submit(store.queue.release_expired, NOW + 1000),
                pool.submit(add, store, workloads[2].id, 5),
            ]
            for future in futures:
                future.result(60)
        for workload in workloads:
            store.catalog.delete_workload(workload.id)


def test_one_name_is_given_to_one_of_many_instances(store: Datastore) -> None:
    def join(number: int) -> str | None:
        try:
            return store.register.join("w1", (), Machine(f"host-{number}", 1, 1), str(number), NOW).id
        except Conflict:
            return None

    with ThreadPoolExecutor(THREADS) as pool:
        ids = [found for found in pool.map(join, range(THREADS)) if found]
    assert len(ids) == 1
    assert [worker.id for worker in store.register.workers()] == ids


def test_one_of_many_becomes_the_leader(store: Datastore) -> None:
    def take(number: int) -> int | None:
        return store.leadership.take(f"scheduler-{number}", NOW, NOW + 10)

    with ThreadPoolExecutor(THREADS) as pool:
        epochs = [epoch for epoch in pool.map(take, range(THREADS)) if epoch]
    assert epochs == [1]


def test_reports_of_many_threads_are_all_kept(store: Datastore) -> None:
    workers = [store.register.join(f"w{n}", (), MACHINE, str(n), NOW) for n in range(3)]

    def record(at: int) -> set[str]:
        order = workers if at % 2 else workers[::-1]
        return store.register.record(
            [Report(worker.id, WorkerState.ALIVE, 1, LOAD, NOW + at) for worker in order]
        )

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(record, range(20))) == [set()] * 20
    assert [len(store.register.samples(worker.id, 0)) for worker in workers] == [20] * 3
    assert {worker.last_report_at for worker in store.register.workers()} == {NOW + 19}


@pytest.mark.parametrize("state", list(JobState))
def test_an_empty_workload_has_no_jobs_in_any_state(store: Datastore, state: JobState) -> None:
    assert store.queue.jobs(new_workload(store).id, state=state).items == ()
