"""The control plane's benchmark runs, and everything it counts is really done."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import control_plane
from benchmarks.control_plane import Control, measure


def test_what_is_counted_is_committed(tmp_path: Path) -> None:
    control = Control(tmp_path, workers=3)
    try:
        control.queue(500)
        measured = control.measure(500, 500)
        [workload] = control.store.catalog.workloads(None).items
    finally:
        control.close()
    assert measured.jobs == 500
    assert (workload.done, workload.unfinished, workload.failed) == (500, 0, 0)
    assert measured.cpu_s > 0
    assert measured.rate == pytest.approx(1e6 / measured.per_job_us)


def test_a_job_costs_much_the_same_with_few_workers_and_with_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times as much is far beyond what a busy machine does to CPU time."""
    monkeypatch.setattr(control_plane, "WARM_UP", 2_000)
    few, many = measure(3_000, 4, 2_000), measure(3_000, 200, 2_000)
    assert many.per_job_us < 3 * few.per_job_us
