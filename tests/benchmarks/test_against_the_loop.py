"""The benchmark's short form, as a guard against regressions: ratios with wide margins, not records."""

from __future__ import annotations

import os

import pytest

from benchmarks.contest import Contest, Plan, Score, hold
from benchmarks.machine import cores
from benchmarks.picture_sets import picture_set
from benchmarks.rivals.catalogue import DPIP

pytestmark = [pytest.mark.system, pytest.mark.ray]

# The least of the bare loop's speed that DPIP may have, everything included, over HTTP. By CPU time, which
# other programs on the machine disturb little: what is really reached stands in docs/performance.md.
LEAST = {
    ("photographs", "grayscale"): 0.6,
    ("photographs", "blur"): 0.6,
    ("frames", "grayscale"): 0.6,
    ("frames", "blur"): 0.6,
    ("small", "grayscale"): 0.15,
    ("small", "blur"): 0.2,
}
LARGEST_RESULTS = 1.25  # beside the loop's
LEAST_PSNR_DB = 35.0  # beside the loop's results; the benchmark itself refuses wrong ones


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Score]:
    folder = tmp_path_factory.mktemp("pictures")
    counts = {"photographs": 4, "frames": 12, "small": 100}
    sets = [picture_set(kind, count, folder) for kind, count in counts.items()]
    plan = Plan([DPIP], sets, ("grayscale", "blur"), repeats=1, patience=1, cores=cores(), say=print)
    contest = Contest()
    hold(plan, contest)
    assert not contest.absent
    return {(score.pictures.name.partition("-")[0], score.filter): score for score in contest.scores}


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core for a client and a system tells nothing")
@pytest.mark.parametrize("case", LEAST, ids="-".join)
def test_it_keeps_up_with_the_loop(scores: dict[tuple[str, str], Score], case: tuple[str, str]) -> None:
    score = scores[case]
    assert score.cpu_ratio >= LEAST[case], score.run
    assert score.size_ratio <= LARGEST_RESULTS
    assert score.run.psnr_db >= LEAST_PSNR_DB
