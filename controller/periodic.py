"""Chores that are done again and again, and done later when something is away."""

from __future__ import annotations

import logging
from collections.abc import Callable

from dpip.errors import DpipError
from dpip.lifecycle import Stop
from dpip.logs import fields

log = logging.getLogger(__name__)


def repeat(
    what: str, do: Callable[[], object], interval_s: float, stop: Stop, *, first_after_s: float = 0.0
) -> None:
    """Do it every `interval_s` seconds until stopped; what fails is logged, and tried again in its turn."""
    wait_s = first_after_s
    while not stop.wait(wait_s):
        try:
            do()
        except (DpipError, OSError) as error:
            log.warning("%s failed", what, extra=fields(reason=error))
        wait_s = interval_s
