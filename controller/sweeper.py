"""Removes bytes that no row points at. Rows are never removed here."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dpip.lifecycle import Stop
from dpip.logs import fields
from dpip.ports import Catalog, Clock, ImageStore, JobQueue

_CHUNK = 500
# As `dpip.ids` makes them. Whatever else lies in the store's folder was put there by somebody: not ours.
_OURS = re.compile(
    r"[^/]+/(?P<original>[0-9a-z]{17}-\d{10})"
    r"(-[a-z0-9][a-z0-9_-]{0,31}(\.\d+)?(\.copy)?)?\.[0-9a-z]+"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    unfinished: int  # files of uploads that nobody finished
    orphans: int  # images without a row


@dataclass(frozen=True, slots=True)
class Kept:
    """What lay in the store when it was last looked through."""

    bytes: int
    files: int


class Sweeper:
    """Bytes come before their row, so they get `grace_s` seconds to get one."""

    def __init__(
        self, store: ImageStore, catalog: Catalog, queue: JobQueue, grace_s: float, clock: Clock
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._queue = queue
        self._grace_s = grace_s
        self._clock = clock
        self.kept: Kept | None = None  # None: not looked through yet

    def sweep(self, stop: Stop) -> Swept:
        """One pass over the store. Raises what the store and the datastore raise."""
        unfinished, orphans = self._store.sweep_unfinished(self._grace_s), 0
        seen = _Seen()
        old = self._old_keys(seen)
        while not stop.requested and (some := list(itertools.islice(old, _CHUNK))):
            orphans += self._remove_orphans(some)
        if not stop.requested:
            self.kept = Kept(seen.bytes, seen.files)
        if unfinished or orphans:
            log.info("swept", extra=fields(unfinished=unfinished, orphans=orphans))
        return Swept(unfinished, orphans)

    def _old_keys(self, seen: _Seen) -> Iterator[str]:
        born_before = self._clock() - self._grace_s
        for entry in self._store.entries():
            seen.bytes += entry.size_bytes
            seen.files += 1
            if entry.modified_at <= born_before and _OURS.fullmatch(entry.key):
                yield entry.key

    def _remove_orphans(self, keys: list[str]) -> int:
        # Asked for in this order: a job that is finished in between has its row by the second question.
        running = {job_id for job_id, _, _ in self._queue.running()}
        known = self._catalog.known_keys(keys)
        orphans = [key for key in keys if key not in known and _original(key) not in running]
        self._store.delete(orphans)
        return len(orphans)


@dataclass(slots=True)
class _Seen:
    bytes: int = 0
    files: int = 0


def _original(key: str) -> str:
    match = _OURS.fullmatch(key)
    return match["original"] if match else ""
