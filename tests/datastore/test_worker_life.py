"""Every ordering of what can happen to a worker, up to a bound: the register and `dpip.worker_life` agree."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from datastore import Datastore, open_datastore
from dpip.domain import WorkerState
from dpip.errors import Conflict
from dpip.ports import Report
from dpip.worker_life import Event, NameTaken, Reported, Silent, Subscribed, WorkerLife, after
from tests.datastore.making import LOAD, MACHINE, NOW

STEPS = 3
TICK_S = 10.0
LATE_S = 15.0  # a report that was under way for so long


def events(now: float) -> list[Event]:
    """All that can happen at a moment; reports may be of a time before what is known already."""
    return [
        Subscribed("first", now),
        Subscribed("second", now),
        Reported(WorkerState.ALIVE, 1, now),
        Reported(WorkerState.ALIVE, 1, now - LATE_S),
        Reported(WorkerState.DRAINING, 2, now),
        Reported(WorkerState.LEFT, 2, now),
        Silent(now - TICK_S / 2),
        Silent(now - 2 * TICK_S),
    ]


def happens(store: Datastore, name: str, worker_id: str, event: Event) -> None:
    match event:
        case Subscribed(instance, now):
            store.register.join(name, (), MACHINE, instance, now)
        case Reported(state, incarnation, at):
            store.register.record([Report(worker_id, state, incarnation, LOAD, at)])
        case Silent(since):
            store.register.mark_lost(since + TICK_S, TICK_S)


def test_every_ordering_of_what_can_happen_to_a_worker(sqlite_url: str) -> None:
    choices = range(len(events(NOW)))
    with open_datastore(sqlite_url) as store:
        for number, path in enumerate(product(choices, repeat=STEPS)):
            begun = NOW + number * 1e4  # the workers of other paths are silent by then, and lost already
            name = f"w{number}"
            worker = store.register.join(name, (), MACHINE, "first", begun)
            life = WorkerLife("first", last_report_at=begun)
            for step, choice in enumerate(path, 1):
                event = events(begun + step * TICK_S)[choice]
                try:
                    expected = after(life, event)
                except NameTaken:
                    expected = life
                try:
                    happens(store, name, worker.id, event)
                except Conflict:
                    assert expected == life, path
                life = expected
                [found] = [one for one in store.register.workers(gone_since=begun - 100) if one.name == name]
                told = replace(life, state=found.state, incarnation=found.incarnation)
                assert (told, found.last_report_at) == (life, life.last_report_at), (path, step)
            store.register.mark_lost(begun + 1e3, TICK_S)


def test_who_bears_a_name_is_never_pushed_out_while_it_is_here() -> None:
    life = after(WorkerLife("first"), Reported(WorkerState.ALIVE, 1, NOW))
    for event in (Reported(WorkerState.LEFT, 1, NOW + 1), Silent(NOW)):
        assert after(after(life, event), Subscribed("second", NOW + 2)).instance == "second"
