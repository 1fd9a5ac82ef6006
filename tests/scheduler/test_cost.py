from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler.cost import DEFAULT_S_PER_MEGAPIXEL, FIXED_S, CostModel, kind_of
from tests.scheduler.samples import job


def test_an_unknown_pipeline_costs_the_default() -> None:
    assert CostModel().predict("w", "blur", 10.0) == pytest.approx(FIXED_S + 10 * DEFAULT_S_PER_MEGAPIXEL)
    assert CostModel().rate("w", "blur") == (DEFAULT_S_PER_MEGAPIXEL, False)


def test_a_worker_is_predicted_by_itself_and_a_stranger_by_the_others() -> None:
    costs = CostModel()
    for _ in range(30):
        costs.learn("slow", "blur", 10.0, FIXED_S + 2.0)
    assert costs.rate("slow", "blur") == (pytest.approx(0.2, rel=0.01), True)
    assert costs.rate("stranger", "blur") == (pytest.approx(0.2, rel=0.15), False)
    assert costs.rate("slow", "grayscale") == (pytest.approx(DEFAULT_S_PER_MEGAPIXEL, rel=0.15), False)


def test_workers_are_told_apart_whichever_ran_what_first() -> None:
    """Worker `n` takes `n` times as long as worker 1, at every kind; only some have run both."""
    costs = CostModel()
    for _ in range(40):
        for slow in (1, 2, 4, 8):
            costs.learn(f"w{slow}", "blur", 5.0, FIXED_S + 0.05 * slow * 5.0)
        costs.learn("w8", "median", 5.0, FIXED_S + 0.4 * 8 * 5.0)
    assert costs.slowness("w8") / costs.slowness("w1") == pytest.approx(8, rel=0.1)
    rate, measured = costs.rate("w1", "median")
    assert (rate, measured) == (pytest.approx(0.4, rel=0.15), False)
    assert costs.size("median", 10.0) / costs.size("blur", 10.0) == pytest.approx(8, rel=0.15)


def test_a_worker_or_kind_is_known_by_what_tells_and_not_by_thumbnails() -> None:
    costs = CostModel()
    for _ in range(10):
        costs.learn("w", "blur", 0.01, 0.0021)
    assert not costs.knows_worker("w")
    assert not costs.knows_kind("blur")
    assert not costs.knows_kind("never seen")
    for _ in range(10):
        costs.learn("w", "blur", 12.0, 0.4)
    assert costs.knows_worker("w")
    assert costs.knows_kind("blur")


def test_the_kind_is_what_is_done_to_what_format() -> None:
    png = replace(job(), facts=replace(job().facts, format="png"))
    assert len({kind_of(job()), kind_of(png), kind_of(replace(job(), pipeline="blur"))}) == 3


def test_it_follows_a_change_and_forgives_an_outlier() -> None:
    costs = CostModel()
    for _ in range(30):
        costs.learn("w", "blur", 1.0, FIXED_S + 0.1)
    costs.learn("w", "blur", 1.0, FIXED_S + 1.0)
    assert costs.rate("w", "blur")[0] < 0.3
    for _ in range(30):
        costs.learn("w", "blur", 1.0, FIXED_S + 0.4)
    assert costs.rate("w", "blur")[0] == pytest.approx(0.4, rel=0.01)


def test_a_thumbnail_does_not_make_the_rate_absurd() -> None:
    costs = CostModel()
    costs.learn("w", "blur", 0.0001, 0.004)
    assert costs.predict("w", "blur", 10.0) < 1.0
