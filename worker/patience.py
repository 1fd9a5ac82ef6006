"""Waiting for an image store that is away for a moment, such as an API that is being restarted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from dpip.errors import Fenced, Forbidden, MissingBytes, StorageFull, TryLater, Unauthenticated
from worker.failures import StorageTrouble

T = TypeVar("T")

# With a dead token too: a worker's token is replaced when it subscribes anew.
_PASSING = (TryLater, Unauthenticated, Forbidden)
_LONGEST_PAUSE_S = 2.0


def patiently(
    attempt: Callable[[], T], check: Callable[[], None], patience_s: float, first_pause_s: float = 0.1
) -> T:
    """Call `attempt` until it succeeds or `patience_s` is over; raises `StorageTrouble` then, and at once
    for what waiting does not mend. `check` is called before each further try, and may raise."""
    deadline = time.monotonic() + patience_s
    pause_s = first_pause_s
    while True:
        try:
            return attempt()
        except (Fenced, MissingBytes, StorageFull) as error:
            raise StorageTrouble(error) from error
        except _PASSING as error:
            if time.monotonic() + pause_s > deadline:
                raise StorageTrouble(error) from error
        except Exception as error:
            raise StorageTrouble(error) from error
        time.sleep(pause_s)
        check()
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
