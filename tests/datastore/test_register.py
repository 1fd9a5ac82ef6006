from __future__ import annotations

from dataclasses import replace

import pytest

from datastore import Datastore
from datastore.samples import HOUR_S, MINUTE_S
from dpip.domain import Gpu, Load, Machine, Worker, WorkerState
from dpip.errors import Conflict
from tests.datastore.making import LOAD, MACHINE, NOW, report


def join(store: Datastore, name: str = "w1", instance: str = "one", now: float = NOW) -> Worker:
    return store.register.join(name, ("gpu",), MACHINE, instance, now)


def state_of(store: Datastore, worker_id: str) -> WorkerState:
    return {worker.id: worker.state for worker in store.register.workers(gone_since=0)}[worker_id]


def test_a_new_worker_is_joining(store: Datastore) -> None:
    gpu = Gpu(0, "some GPU", 8 << 30)
    machine = Machine("host-b", 2, 4 << 30, (gpu,))
    worker = store.register.join("w1", ("fast", "gpu"), machine, "one", NOW)
    state = WorkerState.JOINING
    expected = Worker(worker.id, "w1", ("fast", "gpu"), state, machine, None, 0, NOW, NOW, "one")
    assert worker == expected
    assert store.register.workers() == (worker,)


def test_the_same_instance_keeps_its_id_state_and_joining_time(store: Datastore) -> None:
    worker = join(store)
    store.register.record([report(worker.id, NOW + 1)])
    again = store.register.join("w1", (), replace(MACHINE, cores=8), "one", NOW + 2)
    assert (again.id, again.state, again.joined_at) == (worker.id, WorkerState.ALIVE, NOW)
    assert (again.tags, again.machine.cores, again.last_report_at) == ((), 8, NOW + 2)


def test_a_live_name_is_refused_to_another_instance(store: Datastore) -> None:
    worker = join(store)
    with pytest.raises(
        Conflict, match=r"'w1' is here already, on host-a, last heard of 5 s ago.*--worker-name"
    ):
        join(store, instance="two", now=NOW + 5)
    assert store.register.workers() == (worker,)


@pytest.mark.parametrize("gone", [WorkerState.LOST, WorkerState.LEFT])
def test_a_name_whose_worker_is_gone_keeps_its_id(store: Datastore, gone: WorkerState) -> None:
    worker = join(store)
    if gone is WorkerState.LOST:
        assert store.register.mark_lost(NOW + 10, 10) == (worker.id,)
    else:
        store.register.record([report(worker.id, state=WorkerState.LEFT)])
    assert store.register.workers() == ()
    again = join(store, instance="two", now=NOW + 20)
    assert (again.id, again.state, again.joined_at, again.load) == (
        worker.id,
        WorkerState.JOINING,
        NOW + 20,
        None,
    )


def test_reports_are_recorded_and_strangers_named(store: Datastore) -> None:
    first, second = join(store), join(store, "w2", "two")
    busy = Load(90.0, 1 << 30, 4, (Gpu(0, "g", 10, 4, 50.0), Gpu(1, "g", 10, 2, 100.0)))
    strangers = store.register.record(
        [report(first.id, NOW + 1), report("nobody", NOW + 1), report(second.id, NOW + 2, load=busy)]
    )
    assert strangers == {"nobody"}
    one, two = store.register.workers()
    assert (one.state, one.load, one.last_report_at, one.incarnation) == (WorkerState.ALIVE, LOAD, NOW + 1, 1)
    assert two.load == busy
    (sample,) = store.register.samples(second.id, NOW)
    assert (sample.seconds, sample.gpu_percent, sample.gpu_memory_used) == (0.0, 75.0, 6)
    assert store.register.record([]) == set()


def test_a_late_report_changes_nothing(store: Datastore) -> None:
    worker = join(store)
    store.register.record([report(worker.id, NOW + 2, WorkerState.LEFT)])
    store.register.record([report(worker.id, NOW + 1, WorkerState.ALIVE)])
    assert state_of(store, worker.id) is WorkerState.LEFT


def test_silence_loses_a_worker_and_a_report_brings_it_back(store: Datastore) -> None:
    silent, heard, left = (join(store, name, name) for name in ("silent", "heard", "left"))
    store.register.record([report(heard.id, NOW + 5), report(left.id, NOW, WorkerState.LEFT)])
    assert store.register.mark_lost(NOW + 6, 6) == (silent.id,)
    assert store.register.mark_lost(NOW + 6, 6) == ()
    assert state_of(store, left.id) is WorkerState.LEFT
    store.register.record([report(silent.id, NOW + 7, WorkerState.DRAINING)])
    assert state_of(store, silent.id) is WorkerState.DRAINING


def test_workers_are_listed_by_name_and_gone_ones_for_a_while(store: Datastore) -> None:
    for name in ("w2", "W1", "w10"):
        join(store, name, name)
    assert [worker.name for worker in store.register.workers()] == ["W1", "w10", "w2"]
    store.register.mark_lost(NOW + 60, 6)
    assert store.register.workers() == ()
    assert len(store.register.workers(gone_since=NOW - 1)) == 3
    assert store.register.workers(gone_since=NOW) == ()


def test_samples_are_thinned_as_they_age_and_keep_their_mean(store: Datastore) -> None:
    worker = join(store)
    minute = NOW - NOW % HOUR_S  # the beginning of an hour, so of a minute too
    for second in range(0, 120, 2):
        load = replace(LOAD, cpu_percent=float(second < 60) * 100, running_jobs=second % 4)
        store.register.record([report(worker.id, minute + second, load=load)])
    assert store.register.thin_samples(minute + 600) == 0
    assert store.register.thin_samples(minute + 660) == 30  # the first minute is ten minutes old
    first, *raw = store.register.samples(worker.id, 0)
    assert (first.at, first.seconds, first.cpu_percent, first.running_jobs) == (minute, MINUTE_S, 100.0, 1.0)
    assert len(raw) == 30
    assert store.register.thin_samples(minute + 24 * HOUR_S + HOUR_S) == 32
    (hour,) = store.register.samples(worker.id, 0)
    assert (hour.at, hour.seconds, hour.cpu_percent) == (minute, HOUR_S, 50.0)
    assert store.register.samples(worker.id, minute + 1) == ()
    assert store.register.thin_samples(minute + 31 * 24 * HOUR_S) == 1
    assert store.register.samples(worker.id, 0) == ()
