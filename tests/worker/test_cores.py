"""As many large pictures at a time as there are cores, and small ones beside them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from worker.cores import SMALL_BYTES, Cores

LARGE = SMALL_BYTES + 1
WITHIN_S = 10.0


def test_large_pictures_wait_for_a_core_and_small_ones_do_not() -> None:
    cores, all_in, may_end = Cores(2), threading.Barrier(3), threading.Event()
    third_in = threading.Event()

    def hold() -> None:
        with cores.one(LARGE):
            all_in.wait(WITHIN_S)
            assert may_end.wait(WITHIN_S)

    def third() -> None:
        with cores.one(LARGE):
            third_in.set()

    with ThreadPoolExecutor(3) as threads:
        holding = [threads.submit(hold) for _ in range(2)]
        all_in.wait(WITHIN_S)
        with cores.one(SMALL_BYTES):
            pass  # though all cores are taken
        waiting = threads.submit(third)
        assert not third_in.wait(0.05)
        may_end.set()
        for one in [*holding, waiting]:
            one.result(WITHIN_S)
    assert third_in.is_set()


def test_a_core_is_free_again_after_a_failure() -> None:
    cores = Cores(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), cores.one(LARGE):
            _ = 1 / 0
    with ThreadPoolExecutor(1) as threads:

        def take() -> bool:
            with cores.one(LARGE):
                return True

        assert threads.submit(take).result(WITHIN_S)
