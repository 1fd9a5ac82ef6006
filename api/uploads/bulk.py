"""Many originals in one request: each is kept or refused on its own, and they are committed by the dozen.

Batches are committed while the rest still arrives, so that workers can begin. When a request breaks off,
what was committed before stays, and nothing else does.
"""

from __future__ import annotations

import hashlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Self

from api.parts import Parts
from api.uploads.admission import admit, shown
from api.uploads.bulk_memory import BulkMemory, FileMark, Shown
from api.uploads.incoming import file_name
from api.watching.journeys import Journeys
from api.web.forms import FilePart
from api.web.problems import status_of
from bus.messages import Topic
from dpip.domain import StoredImage, Workload
from dpip.errors import OverQuota, Refused, TooLarge
from dpip.logs import fields
from dpip.ports import NewOriginal, Part, Upload
from imaging import Limits

log = logging.getLogger(__name__)

FIRST_BATCH = 4  # images in the first transaction of a request: workers need not wait for more
BATCH = 32  # the most in one; each holds a file open until then


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Admitted, and not committed yet."""

    mark: FileMark
    new: NewOriginal
    upload: Upload


class Intake(ABC):
    """Takes files one after another, each of a bounded size."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.max_bytes
        self._name: str | None = None
        self._size = 0
        self.files = 0

    def begin(self, name: str | None) -> Self:
        """The next file; write to it, then `end` it."""
        self._begin()
        self._name, self._size = name, 0
        self.files += 1
        return self

    def open_part(self, part: FilePart) -> Self:
        return self.begin(file_name(part))

    def write(self, data: bytes) -> None:
        self._size += len(data)
        if not self.refuses:
            self._write(data)

    @property
    def refuses(self) -> bool:
        """Nothing more of this file is of use; what is written of it is thrown away."""
        return self._size > self._most

    @abstractmethod
    def end(self) -> None:
        """The file came whole."""

    def _mark(self, sha256: str) -> FileMark:
        return FileMark(self.files, self._name, None if self.refuses else sha256)

    @abstractmethod
    def _begin(self) -> None: ...
    @abstractmethod
    def _write(self, data: bytes) -> None: ...


class BulkRecall(Intake):
    """Looks at the files of a request that was answered before, and keeps none."""

    def __init__(self, limits: Limits, memory: BulkMemory) -> None:
        super().__init__(limits)
        self._memory = memory

    def end(self) -> None:
        self._memory.kept_before(self._mark(self._digest.hexdigest()))

    def _begin(self) -> None:
        self._digest = hashlib.sha256()

    def _write(self, data: bytes) -> None:
        self._digest.update(data)


class BulkIntake(Intake):
    """Keeps them; `kept` and `refused` say what became of each."""

    def __init__(self, parts: Parts, workload: Workload, memory: BulkMemory) -> None:
        super().__init__(parts.bounds.limits)
        self._parts = parts
        self._workload = workload
        self._memory = memory
        self._journeys = Journeys(parts)
        self._waiting: list[_Waiting] = []
        self._open: Upload | None = None
        self._kept: dict[int, Shown] = {}
        self._refused: list[dict[str, Any]] = []

    @property
    def kept(self) -> list[Shown]:
        """In the order of the request."""
        return [self._kept[position] for position in sorted(self._kept)]

    @property
    def refused(self) -> list[dict[str, Any]]:
        return sorted(self._refused, key=itemgetter("position"))

    def _begin(self) -> None:
        self._open = self._parts.store.begin()

    def _write(self, data: bytes) -> None:
        if self._open is not None:
            self._open.write(data)

    def end(self) -> None:
        """It is admitted, or refused with its reason; unless it was kept before."""
        upload, self._open = self._open, None
        if upload is None:
            return
        try:
            mark = self._mark(upload.sha256)
            before = self._memory.kept_before(mark)
            if before is None:
                self._admit(mark, upload)
            else:
                upload.abort()
                self._kept[mark.position] = before
        except BaseException:
            upload.abort()
            raise
        if len(self._waiting) >= min(max(FIRST_BATCH, len(self._kept)), BATCH):
            self.commit()

    def _admit(self, mark: FileMark, upload: Upload) -> None:
        try:
            self._waiting.append(_Waiting(mark, self._admitted(upload), upload))
        except Refused as error:
            upload.abort()
            self._refuse(mark.position, self._name, error)

    def _admitted(self, upload: Upload) -> NewOriginal:
        if self.refuses:
            raise TooLarge(f"an image file may have at most {self._most:,} bytes")
        trace = self._journeys.given()
        return admit(upload, self._name, self._workload, self._parts.bounds.limits, trace)

    def commit(self) -> None:
        """Keep what waits, all of it or nothing; but at the end of a quota, as much as fits."""
        waiting, self._waiting = self._waiting, []
        try:
            self._keep(waiting)
        finally:
            for item in waiting:
                item.upload.abort()

    def _keep(self, some: Sequence[_Waiting]) -> None:
        if not some:
            return
        placed: list[str] = []
        received = self._journeys.now()

        def placing(upload: Upload) -> Any:
            def place(key: str) -> None:
                try:
                    upload.commit(key)
                except BaseException:
                    # Now: after the transaction these keys are other uploads'.
                    self._parts.store.delete(placed)
                    raise
                placed.append(key)

            return place

        def told(stored: Sequence[StoredImage]) -> list[tuple[FileMark, Shown]]:
            marks = [item.mark for item in some]
            return list(zip(marks, [shown(i.id, i.workload_id, i.facts) for i in stored], strict=True))

        def part(stored: tuple[StoredImage, ...]) -> Part | None:
            return self._memory.part(told(stored))

        try:
            stored = self._parts.catalog.add_originals(
                [item.new for item in some],
                [placing(item.upload) for item in some],
                self._parts.clock(),
                part,
            )
        except OverQuota as error:  # nothing was placed
            if len(some) == 1:
                self._refuse(some[0].mark.position, some[0].new.name, error)
                return
            middle = len(some) // 2
            self._keep(some[:middle])
            self._keep(some[middle:])
        else:
            self._kept |= {mark.position: image for mark, image in told(stored)}
            self._tell(stored, received)

    def _tell(self, stored: Sequence[StoredImage], received: float) -> None:
        self._parts.announcer.announce(Topic.WORK, {"workload": self._workload.id})
        self._journeys.uploaded(stored, received)
        if log.isEnabledFor(logging.DEBUG):
            for image in stored:
                log.debug("kept", extra=fields(job=image.id, workload=self._workload.id))

    def _refuse(self, position: int, name: str | None, error: Refused) -> None:
        self._refused.append(
            {"position": position, "name": name, "status": int(status_of(error)), "detail": error.detail}
        )

    def close(self) -> None:
        """Throw away what was not committed."""
        for upload in [item.upload for item in self._waiting] + ([self._open] if self._open else []):
            upload.abort()
        self._waiting, self._open = [], None
