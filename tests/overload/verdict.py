"""What was promised of an overload, and not kept: a pure judgement of what the clients met."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from tests.overload.clients import Tally

STATUS_P99_S = 0.1
GROWS_MIB = 16.0
MEBIBYTE = 2**20
_RIGHT = {HTTPStatus.CREATED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


def broken_promises(
    tally: Tally, memory: tuple[int, int], status_p99_s: float = STATUS_P99_S
) -> Iterator[str]:
    """`memory`: bytes when all had begun, and the most after that. In words; none: all was kept."""
    for status, count in sorted(tally.statuses.items()):
        if status not in _RIGHT:
            yield f"{count:,} uploads got {status}"
    if tally.broken:
        yield f"connections without an answer: {dict(tally.broken)}"
    if tally.without_advice:
        yield f"{tally.without_advice:,} answers did not say when to come back"
    if tally.other:
        yield f"{len(tally.other):,} other answers that should not be: {tally.other[0]}"
    if not tally.kept:
        yield "no upload was kept"
    if not tally.status_s:
        yield "nobody asked for the status"
    elif (p99_s := tally.status_quantile(0.99)) > status_p99_s:
        yield f"GET /status took {1e3 * p99_s:.0f} ms (p99); {1e3 * status_p99_s:.0f} are promised"
    grown = (memory[1] - memory[0]) / MEBIBYTE
    if grown > GROWS_MIB:
        yield f"the serving processes grew by {grown:.0f} MiB; {GROWS_MIB:.0f} are allowed"
