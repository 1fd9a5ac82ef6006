from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from bus.coalescing import CoalescingAnnouncer


class Heard:
    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, str]]] = []
        self.twice = threading.Event()

    def announce(self, topic: str, body: dict[str, str]) -> None:
        self.said.append((topic, body))
        if len(self.said) > 1:
            self.twice.set()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def announcer(heard: Heard) -> Iterator[CoalescingAnnouncer]:
    made = CoalescingAnnouncer(heard, interval_s=0.05)
    yield made
    made.close()


def test_the_first_passes_at_once_and_its_repetitions_as_one(
    heard: Heard, announcer: CoalescingAnnouncer
) -> None:
    for _ in range(100):
        announcer.announce("work/", {"workload": "a"})
    assert heard.said == [("work/", {"workload": "a"})]
    assert heard.twice.wait(5)
    announcer.close()
    assert len(heard.said) == 2


def test_different_hints_do_not_wait_for_each_other(heard: Heard, announcer: CoalescingAnnouncer) -> None:
    announcer.announce("work/", {"workload": "a"})
    announcer.announce("work/", {"workload": "b"})
    announcer.announce("cancelled/", {"workload": "a"})
    assert len(heard.said) == 3


def test_what_is_held_back_is_said_at_the_end(heard: Heard) -> None:
    announcer = CoalescingAnnouncer(heard, interval_s=60)
    announcer.announce("work/", {})
    announcer.announce("work/", {})
    announcer.close()
    assert len(heard.said) == 2


def test_memory_is_bounded(heard: Heard, announcer: CoalescingAnnouncer) -> None:
    for number in range(5000):
        announcer.announce("work/", {"workload": str(number)})
    assert len(heard.said) == 5000
    assert len(announcer._said) <= 1024
