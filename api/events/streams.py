"""Server-sent events: how workloads stand, told again whenever that changes.

A stream begins with how things stand, so a client that comes back has missed nothing that still matters, and
needs no history. Each holds a thread while it is open, so they are few, and end after a while; clients come
again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping

from api.events.news import News
from api.parts import Parts
from api.shapes.events import WorkloadNews
from dpip.domain import Workload, WorkloadStatus
from dpip.errors import DpipError

MEDIA_TYPE = "text/event-stream"
MAX_WATCHED = 1000  # active workloads in one stream
LOOK_S = 2.0  # without a hint
BETWEEN_S = 0.25  # two looks, however many hints there are
COMMENT_S = 5.0  # so that whoever stands between keeps the connection, and one that broke is found
LIFE_S = 600.0
RETRY_MS = 1000  # until a client comes again
_TICK_S = 0.5

Look = Callable[[], Mapping[str, Workload | None]]  # None: it is gone


def one(parts: Parts, workload_id: str, owner_id: str | None) -> Look:
    return lambda: {workload_id: parts.catalog.workload(workload_id, owner_id)}


def every(parts: Parts, owner_id: str | None) -> Look:
    """Active ones, and once more each that was active at the look before."""
    before: set[str] = set()

    def look() -> Mapping[str, Workload | None]:
        page = parts.catalog.workloads(owner_id, active_only=True, limit=MAX_WATCHED)
        found: dict[str, Workload | None] = {item.id: item for item in page.items}
        found |= {item: parts.catalog.workload(item, owner_id) for item in before - set(found)}
        before.clear()
        before.update(item.id for item in page.items)
        return found

    return look


def events(
    news: News,
    workload_id: str | None,
    look: Look,
    allowed: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
    until: WorkloadStatus | None = None,
) -> Iterator[bytes]:
    """Until the client goes, the process ends, the token is dead, or `LIFE_S` are over; and of one workload
    until it is gone, has come to the status `until`, or is completed where any status is waited for."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    told: dict[str, str] = {}
    ends = clock() + LIFE_S
    with news.subscribed(workload_id) as subscription:
        comment_at = clock() + COMMENT_S
        while clock() < ends and not news.stopping():
            try:
                if not allowed():
                    return
                found = look()
                fresh = _fresh(found, told)
            except DpipError:  # the datastore is away; the client comes again
                return
            if fresh:
                yield "".join(fresh).encode()
                comment_at = clock() + COMMENT_S
            if workload_id is not None and (not told or _come_to(until, found.get(workload_id))):
                return
            _pause(news, subscription.wait, clock)
            if clock() >= comment_at:
                yield b":\n\n"
                comment_at = clock() + COMMENT_S


def _come_to(until: WorkloadStatus | None, workload: Workload | None) -> bool:
    return until is not None and (workload is None or workload.status in {until, WorkloadStatus.COMPLETED})


def _pause(news: News, wait: Callable[[float], bool], clock: Callable[[], float]) -> None:
    time.sleep(BETWEEN_S)
    until = clock() + LOOK_S
    while clock() < until and not news.stopping():
        if wait(_TICK_S):
            return


def _fresh(found: Mapping[str, Workload | None], told: dict[str, str]) -> list[str]:
    """What is new since it was told; `told` is brought up to date."""
    fresh = []
    for workload_id, workload in found.items():
        text = json.dumps({"workload_id": workload_id} if workload is None else shown(workload))
        if told.get(workload_id) == text:
            continue
        fresh.append(f"event: {'deleted' if workload is None else 'workload'}\ndata: {text}\n\n")
        if workload is None:
            told.pop(workload_id, None)
        else:
            told[workload_id] = text
    return fresh


def shown(workload: Workload) -> WorkloadNews:
    return {
        "workload_id": workload.id,
        "workload_name": workload.name,
        "status": workload.status,
        "total": workload.total,
        "queued": workload.queued,
        "running": workload.running,
        "done": workload.done,
        "failed": workload.failed,
        "cancelled": workload.cancelled_at is not None,
    }
