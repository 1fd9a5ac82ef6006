from __future__ import annotations

import pytest

from scheduler.cost import DEFAULT_S_PER_MEGAPIXEL, FIXED_S, CostModel


def test_an_unknown_pipeline_costs_the_default() -> None:
    assert CostModel().predict("w", "blur", 10.0) == pytest.approx(FIXED_S + 10 * DEFAULT_S_PER_MEGAPIXEL)
    assert CostModel().rate("w", "blur") == (DEFAULT_S_PER_MEGAPIXEL, False)


def test_a_worker_is_predicted_by_itself_and_a_stranger_by_the_others() -> None:
    costs = CostModel()
    for _ in range(30):
        costs.learn("slow", "blur", 10.0, FIXED_S + 2.0)
    assert costs.rate("slow", "blur") == (pytest.approx(0.2), True)
    assert costs.rate("stranger", "blur") == (pytest.approx(0.2), False)
    assert costs.rate("slow", "grayscale") == (DEFAULT_S_PER_MEGAPIXEL, False)


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
