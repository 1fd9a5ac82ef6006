"""A job with several outputs: each is delivered under its own key, and one outcome tells of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dpip.domain import DEFAULT_OUTPUT, ClaimedJob, Failure, ImageFacts, Outcome, Output, Success
from dpip.errors import Fenced, NotReady
from dpip.ids import result_key
from dpip.ports import ImageExchange
from imaging.limits import Limits
from storage import FolderStore
from storage.exchange import StoreExchange
from tests.worker.jobs import claimed, picture, pixels
from worker.desk import Ticket
from worker.jobs import JobRunner

PIPELINE = "blur:sigma=1|{large=resize:width=200; small=resize:width=50|grayscale; same=convert}"
WIDTHS = {"large": 200, "small": 50}


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "images")


def run(exchange: ImageExchange, job: ClaimedJob) -> Outcome:
    return JobRunner("me", 1, Limits(), lambda: exchange, 60.0, patience_s=5.0).run(Ticket(job))


@dataclass
class Remembering:
    """The store's exchange, and what it was told; the first errors come before anything is stored."""

    store: FolderStore
    errors: list[Exception | None] = field(default_factory=list)
    told: list[tuple[str, tuple[str, ...], bool]] = field(default_factory=list)

    def fetch(self, job: ClaimedJob) -> bytes:
        return StoreExchange(self.store).fetch(job)

    def deliver(
        self,
        job: ClaimedJob,
        data: bytes,
        facts: ImageFacts,
        output: str = DEFAULT_OUTPUT,
        before: Sequence[Output] = (),
        *,
        last: bool = True,
        **named: Any,
    ) -> str:
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error
        self.told.append((output, tuple(one.name for one in before), last))
        return StoreExchange(self.store).deliver(job, data, facts, output, before, last=last, **named)


def outputs(store: FolderStore, result: Success | Failure) -> dict[str, bytes]:
    assert isinstance(result, Success), result
    found = {"large": result.key} | {output.name: output.key for output in result.more}
    facts = (result.facts, *(output.facts for output in result.more))
    stored = {name: store.get(key) for name, key in found.items()}
    assert [one.size_bytes for one in facts] == [len(data) for data in stored.values()]
    return stored


@pytest.mark.parametrize("deaths", [0, 2], ids=["here", "in a process of its own"])
def test_each_output_lies_under_its_key(store: FolderStore, deaths: int) -> None:
    job = claimed(store, picture(), attempt=1, deaths=deaths, pipeline=PIPELINE)
    exchange = Remembering(store)
    outcome = run(exchange, job)
    found = outputs(store, outcome.result)
    assert list(found) == ["large", "small", "same"]
    for name, width in WIDTHS.items():
        assert pixels(found[name]).shape[1] == width
    assert pixels(found["small"]).ndim == 2
    assert pixels(found["same"]).shape == pixels(picture()).shape
    assert isinstance(outcome.result, Success)
    assert outcome.result.keys == tuple(
        result_key("tests", job.job.id, 1, "png", name) for name in ("large", "small", "same")
    )
    assert exchange.told == [
        ("large", (), False),
        ("small", ("large",), False),
        ("same", ("large", "small"), True),
    ]
    assert min(outcome.timings.decode, outcome.timings.filter, outcome.timings.encode) > 0


def test_the_outputs_are_the_pictures_that_single_jobs_make(store: FolderStore) -> None:
    found = outputs(store, run(StoreExchange(store), claimed(store, picture(), pipeline=PIPELINE)).result)
    for number, (name, branch) in enumerate(
        {"large": "|resize:width=200", "small": "|resize:width=50|grayscale", "same": ""}.items(), 2
    ):
        alone = claimed(store, picture(), number, pipeline=f"blur:sigma=1{branch}")
        result = run(StoreExchange(store), alone).result
        assert isinstance(result, Success)
        assert result.key.endswith("-filtered.png")
        assert np.array_equal(pixels(store.get(result.key)), pixels(found[name]))


def test_a_store_that_is_away_between_two_outputs_costs_no_attempt(store: FolderStore) -> None:
    exchange = Remembering(store, [None, NotReady("restarting"), NotReady("restarting")])
    outcome = run(exchange, claimed(store, picture(), pipeline=PIPELINE))
    assert list(outputs(store, outcome.result)) == ["large", "small", "same"]
    assert [name for name, _, _ in exchange.told] == ["large", "small", "same"]


def test_one_output_that_cannot_be_delivered_fails_them_all(store: FolderStore) -> None:
    exchange = Remembering(store, [None, Fenced("late")])
    result = run(exchange, claimed(store, picture(), pipeline=PIPELINE)).result
    assert isinstance(result, Failure)
    assert (result.kind, [name for name, _, _ in exchange.told]) == ("fenced", ["large"])


def test_one_output_that_cannot_be_made_fails_them_all_and_delivers_none(store: FolderStore) -> None:
    exchange = Remembering(store)
    job = claimed(store, picture(), pipeline="{a=grayscale; b=crop:x=5000,y=0,width=10,height=10}")
    result = run(exchange, job).result
    assert isinstance(result, Failure)
    assert not result.retryable
    assert "output b" in result.detail
    assert exchange.told == []


def test_late_attempts_share_no_key(store: FolderStore) -> None:
    results = [
        run(StoreExchange(store), claimed(store, picture(), attempt=attempt, pipeline=PIPELINE)).result
        for attempt in (1, 2)
    ]
    keys = [key for result in results if isinstance(result, Success) for key in result.keys]
    assert len(set(keys)) == 6
