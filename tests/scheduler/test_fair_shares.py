"""Who waits for whom, on a simulated clock: users share evenly, and a user's urgent work goes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dpip.domain import ClaimedJob, ImageFacts, Needs, QueuedJob, Worker, Workload
from dpip.ports import NewOriginal
from scheduler.cost import CostModel
from scheduler.fairness import FairShares
from scheduler.simulated import SimulatedGateway
from tests.scheduler.samples import job
from tests.scheduler.test_dispatcher import START, World

CORES = 4
SECONDS_PER_MEGAPIXEL = 0.2


class Shared(World):
    """A cluster for several users; a job takes as long as its picture is large."""

    def new_gateway(self) -> SimulatedGateway:
        self.seconds: dict[str, float] = {}  # by owner, of what was sent
        return SimulatedGateway(self._event, self._duration)

    def _duration(self, _worker: Worker, claimed: ClaimedJob) -> float:
        seconds = claimed.job.needs.megapixels * SECONDS_PER_MEGAPIXEL
        owner = claimed.job.owner_id
        self.seconds[owner] = self.seconds.get(owner, 0.0) + seconds
        return seconds

    def batch(self, owner: str, name: str, count: int, megapixels: float = 1.0, priority: int = 5) -> str:
        """A workload of `owner` with so many images, uploaded at once."""
        made = Workload(f"id{name}", name, owner, "grayscale", (), self.now, priority=priority)
        self.store.catalog.create_workload(made)
        self.more(made.id, count, megapixels)
        return made.id

    def more(self, workload_id: str, count: int, megapixels: float = 1.0) -> None:
        facts = ImageFacts("jpeg", 1000, 1000, 5000, "0" * 64)
        new = NewOriginal(workload_id, None, "jpg", facts, Needs(megapixels, 1000))
        self.store.catalog.add_originals([new] * count, [lambda _key: None] * count, self.now)

    def until(self, at: float) -> None:
        """Let simulated time pass."""
        while self.now - START < at:
            self.step()
            assert self.advance(), "there is nothing to do any more"

    def seconds_until_done(self, workload_id: str, limit_s: float = 600.0) -> float:
        begun = self.now
        while self.status(workload_id).unfinished:
            assert self.now - begun < limit_s, "it waits and waits"
            self.step()
            self.advance()
        return self.now - begun


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    made = Shared(tmp_path)
    for number in range(CORES // 2):
        made.worker(f"w{number}", cores=2)
    yield made
    made.store.close()


def test_a_user_with_100_000_images_does_not_make_one_with_10_wait(shared: Shared) -> None:
    for number in range(6):  # 16 cores then
        shared.worker(f"more{number}", cores=2)
    alone = shared.seconds_until_done(shared.batch("ann", "alone", 10, megapixels=5))
    shared.batch("bob", "archive", 100_000, megapixels=5)
    shared.until(10.0)
    beside = shared.seconds_until_done(shared.batch("ann", "few", 10, megapixels=5))
    # Nothing is taken off a core: a job in each core, one more in each worker's window, then hers.
    assert alone <= 1.5
    assert beside <= 4.5, "the archive alone takes 100,000 s / 16 cores"
    print(f"10 images of 1 s each: {alone:.1f} s alone, {beside:.1f} s beside 100,000 others")


def test_shares_are_even_in_seconds_and_not_in_pictures(shared: Shared) -> None:
    shared.batch("ann", "large", 100, megapixels=20)
    shared.batch("bob", "small", 2000, megapixels=1)
    shared.until(12.0)
    share = shared.seconds["ann"] / sum(shared.seconds.values())
    assert 0.4 <= share <= 0.6, "20 to 1 by pictures"


def test_many_workloads_are_no_larger_share(shared: Shared) -> None:
    for number in range(20):
        shared.batch("bob", f"part{number}", 20, megapixels=5)
    one = shared.batch("ann", "one", 80, megapixels=5)
    took = shared.seconds_until_done(one)
    assert took <= 80 / (CORES / 2) * 1.2, "a half of all cores is hers"


def test_a_users_urgent_workload_goes_first_and_takes_nothing_from_others(shared: Shared) -> None:
    usual = shared.batch("ann", "usual", 200, megapixels=5)
    others = shared.batch("bob", "others", 400, megapixels=5, priority=0)
    shared.until(5.0)
    before = shared.status(usual).done
    urgent = shared.batch("ann", "urgent", 40, megapixels=5, priority=9)
    took = shared.seconds_until_done(urgent)
    assert took <= 40 / (CORES / 2) * 1.25, "all of her share, from the next free core on"
    assert shared.status(usual).done - before <= 2 * CORES, "what was on its way, and no more"
    assert shared.status(others).done >= 0.4 * took * CORES, "her hurry is not his concern"


def test_what_waits_long_enough_takes_its_turn(shared: Shared) -> None:
    """Urgent work arrives without end; a step of priority is a minute of waiting."""
    patient = shared.batch("ann", "patient", 50, megapixels=5, priority=8)
    urgent = shared.batch("ann", "urgent", CORES * 20, megapixels=5, priority=9)
    while shared.now - START < 50:
        shared.until(shared.now - START + 10.0)
        assert shared.status(patient).done == 0, "there is more urgent work"
        shared.more(urgent, CORES * 10, megapixels=5)
    for _ in range(3):
        shared.until(shared.now - START + 10.0)
        shared.more(urgent, CORES * 10, megapixels=5)
    assert shared.status(patient).done >= 25, "a place in two is its own from the first minute on"


def owned(owner: str, number: int, megapixels: float = 1.0) -> QueuedJob:
    return replace(job(number, megapixels=megapixels), id=f"{owner}-{number}", owner_id=owner)


def names(jobs: Sequence[QueuedJob]) -> str:
    return "".join(one.owner_id for one in jobs)


def test_who_is_behind_comes_first_and_nobody_saves_up() -> None:
    shares = FairShares(CostModel())
    mine, yours = [owned("a", n) for n in range(4)], [owned("b", n) for n in range(4)]
    assert names(shares.in_order([*mine, *yours])) == "abababab"
    shares.placed(mine[:2])
    assert names(shares.in_order([*mine[2:], *yours])) == "bbabab"
    shares.placed([owned("b", n, megapixels=100.0) for n in range(20)])
    late = [owned("c", n) for n in range(3)]
    assert names(shares.in_order([*mine[2:], *yours, *late])) == "ccacabbbb", "c begins where b was"
    assert names(shares.in_order([owned("a", 9), owned("a", 8)])) == "aa", "one alone: in order"
    assert shares.in_order([]) == ()
