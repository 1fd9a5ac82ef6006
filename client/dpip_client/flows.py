"""What both faces do alike, written once: generators that ask for steps, and are given what came of them.

A flow yields `Call`s (it gets the outcome), `Sleep`s, and, where it is a stream of things, `Item`s. It opens
no socket and reads no clock; `dpip_client.sync` and `dpip_client.aio` carry the steps out.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from dpip_client import api
from dpip_client.calls import Answer, Broken, Call, Outcome
from dpip_client.errors import InProgress, TryLater, Unreachable
from dpip_client.models import Image, Job, Json, Result, Workload
from dpip_client.retrying import Patience
from dpip_client.tracking import Tracker

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sleep:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """Something that the caller gets now."""

    value: T


Step: TypeAlias = Call[Any] | Sleep | Item[Any]
Flow: TypeAlias = Generator[Step, Outcome, T]

_SOONEST_S, _LATEST_S = 0.1, 2.0  # between two looks at a workload
_SHARE_OF_LOOKING = 10  # looking may take a tenth of the time: it costs the server something


def answered(call: Call[T], patience: Patience) -> Flow[T]:
    """The call's result; what may succeed later is tried again, if repeating it is safe."""
    served_s = 0.0
    attempt = 0
    while True:
        attempt += 1
        outcome = yield call
        if isinstance(outcome, Answer):
            try:
                return call.result(outcome)
            except InProgress as error:
                # It is being done, or its server was killed: then the key is free after a minute.
                wait = patience.while_served(served_s, error.retry_after_s)
                if wait is None:
                    raise
                served_s += wait
                attempt -= 1
            except TryLater as error:
                # An answer of the server's own says that nothing was done: any request may be repeated.
                wait = patience.before(attempt, error.retry_after_s)
                if wait is None:
                    raise
        else:
            assert isinstance(outcome, Broken)  # noqa: S101 - the faces give one or the other
            wait = None if outcome.hopeless else patience.before(attempt)
            if wait is None or (outcome.sent and not call.repeatable):
                raise Unreachable(outcome.why, maybe_done=outcome.sent)
        yield Sleep(wait)


def pages(first: Call[Json], items: str, make: Callable[[Json], T], patience: Patience) -> Flow[None]:
    """Every item of a list that comes in pages."""
    call = first
    while True:
        page = yield from answered(call, patience)
        for shown in page[items]:
            yield Item(make(shown))
        if page.get("next") is None:
            return
        call = api.next_page(first, page["next"])


def gathered(flow: Flow[None]) -> Flow[list[Any]]:
    """The items of a flow, all together."""
    found: list[Any] = []
    outcome: Outcome = None
    while True:
        try:
            step = flow.send(outcome)
        except StopIteration:
            return found
        if isinstance(step, Item):
            found.append(step.value)
            outcome = None
        else:
            outcome = yield step


def images(workload_id: str, kind: str | None, patience: Patience) -> Flow[None]:
    return pages(api.images(workload_id, kind), "images", Image.of, patience)


def jobs(workload_id: str, state: str | None, patience: Patience) -> Flow[None]:
    return pages(api.jobs(workload_id, state), "jobs", Job.of, patience)


def results(workload_id: str, until: Callable[[Workload], bool], patience: Patience) -> Flow[None]:
    """Results and failures as they come to be, each once, until the workload is as `until` wants it."""
    tracker = Tracker()
    quiet_s = _SOONEST_S
    while True:
        looked = api.timed(api.workload(workload_id))
        workload, seconds = yield from answered(looked, patience)
        fresh: list[Result] = tracker.results(workload)
        if tracker.failed < workload.failed:
            failed: list[Job] = yield from gathered(jobs(workload_id, "failed", patience))
            fresh += tracker.failures(failed)
        for result in fresh:
            yield Item(result)
        if until(workload):
            return
        quiet_s = _SOONEST_S if fresh else min(quiet_s * 1.5, _LATEST_S)
        yield Sleep(max(quiet_s, seconds * _SHARE_OF_LOOKING))
