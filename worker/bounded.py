"""Calls into Ray that may wait for a cluster that is gone: they are left behind, not waited for."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK_S = 0.25


class LeftBehind(Exception):
    """The call had not ended when it was given up; its thread ends with the process."""


def bounded(call: Callable[[], T], give_up: Callable[[], bool], name: str) -> T:
    """Make the call in a thread of its own and return (or raise) what it does.

    `give_up` is asked a few times per second while it lasts; raises `LeftBehind` when it says so.
    """
    ended: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            ended.put((call(), None))
        except BaseException as error:  # raised again where the call was asked for
            ended.put((None, error))

    threading.Thread(target=work, name=name, daemon=True).start()
    while True:
        try:
            result, error = ended.get(timeout=_LOOK_S)
        except queue.Empty:
            if give_up():
                raise LeftBehind(name) from None
            continue
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # None only where T allows it
