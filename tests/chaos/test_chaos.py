"""The short form of `make chaos`; and its own parts, which must find what is wrong."""

from __future__ import annotations

import contextlib
from itertools import islice
from pathlib import Path

import pytest

from datastore import migrate, open_datastore
from dpip.home import Home
from storage import open_store
from tests.chaos import bytes_and_rows
from tests.chaos.ledger import Ledger, Upload, out_of_order
from tests.chaos.material import Material, digest, expected
from tests.chaos.recovery import Spans, rows
from tests.chaos.running import Plan, run
from tests.chaos.schedule import KILLS, WEIGHTS, schedule
from tests.datastore.making import NOW, new_original, new_workload

QUICK = frozenset(
    {
        *("kill worker", "kill actor", "kill scheduler", "kill controller", "kill api"),
        *("stop scheduler", "stop worker", "busy database", "fill disk"),
    }
)
SECONDS, IMAGES, FAULTS, SEED = 18.0, 120, 9, 1


@pytest.mark.system
@pytest.mark.ray
def test_a_system_under_attack_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    plan = Plan(SEED, SECONDS, IMAGES, FAULTS, clients=4, only=QUICK, two_hosts=False)
    done = run(plan, tmp_path, "the short form")
    assert not done.violations, (tmp_path / "report.md").read_text()
    assert done.stock.results > IMAGES / 2
    assert done.faults >= FAULTS / 3, "attacked at all"
    assert (tmp_path / "report.json").stat().st_size


def test_the_same_seed_makes_the_same_faults_and_pictures() -> None:
    first, again, other = (list(islice(schedule(seed, 2.0, frozenset(WEIGHTS)), 200)) for seed in (7, 7, 8))
    assert first == again != other
    assert {fault.kind for fault in first[: len(WEIGHTS)]} == set(WEIGHTS), "each once before chance decides"
    assert all((fault.lasts_s == 0) == (fault.verb in {"kill", "restart"}) for fault in first)
    assert {fault.kind for fault in islice(schedule(7, 2.0, frozenset(KILLS)), 50)} <= set(KILLS)
    assert Material(1).picture(5) == Material(1).picture(5) != Material(2).picture(5)


def test_pictures_differ_and_some_are_broken() -> None:
    pictures = [Material(1).picture(number) for number in range(120)]
    assert len({digest(data) for data in pictures}) == len(pictures)
    broken = sum(expected(data, "grayscale").result is None for data in pictures)
    assert 0 < broken < 20


def accepted(image_id: str, begun: float, answered: float) -> Upload:
    return Upload(0, "w", begun, image_id, answered)


def test_ids_against_the_order_of_upload_are_found() -> None:
    side_by_side = [accepted("w-2", 0.0, 3.0), accepted("w-1", 1.0, 2.0)]
    assert not out_of_order(side_by_side)
    assert out_of_order([accepted("w-2", 0.0, 1.0), accepted("w-1", 2.0, 3.0)])
    assert out_of_order([accepted("w-3", 0.0, 1.0), accepted("w-2", 0.5, 4.0), accepted("w-1", 2.0, 3.0)])


def test_a_ledger_deals_each_deletion_once() -> None:
    import random  # noqa: PLC0415

    ledger, rng = Ledger(), random.Random(1)
    ledger.accept(ledger.begin(1, "w", 0.0), "w-1", 1.0)
    assert ledger.some(rng) is not None
    assert ledger.for_deletion(rng) is not None
    assert ledger.for_deletion(rng) is None
    assert ledger.some(rng) is None


def test_recovery_counts_from_the_end_of_a_fault_to_what_was_begun_after_it() -> None:
    uploads, jobs = Spans.of([(1.0, 9.0), (4.0, 5.0), (6.0, 6.5)]), Spans.of([(2.0, 3.0)])
    faults = [{"number": 1, "kind": "stop api", "at": 0.0}, {"number": 2, "kind": "stop api", "at": 5.5}]
    [row] = rows(faults, {1: 3.0}, uploads, jobs)
    assert (row.count, row.upload_p50, row.upload_max) == (2, 2.0, 2.0)
    assert (row.job_p50, row.job_max) == (None, None)


def test_rows_without_bytes_and_bytes_without_rows_are_found(tmp_path: Path) -> None:
    home = Home(tmp_path)
    migrate(home.database_url)
    store = open_store(str(home.images))
    with contextlib.closing(open_datastore(home.database_url)) as datastore:
        workload_id = new_workload(datastore).id
        for _ in range(2):
            datastore.catalog.add_original(new_original(workload_id), lambda _key: None, NOW)
    store.put(f"holiday/{workload_id}-0000000009.jpg", b"whose?")
    swept, wrong = bytes_and_rows.compare(tmp_path)
    assert swept == 1
    assert [words.split(":")[0] for words in wrong] == ["a row without bytes"] * 2
