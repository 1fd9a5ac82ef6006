"""Many originals in one request: each is kept or refused on its own, and they are committed by the dozen.

Batches are committed while the rest still arrives, so that workers can begin. When a request breaks off,
what was committed before stays, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.admission import admit, shown
from api.forms import FilePart
from api.incoming import file_name
from api.parts import Parts
from api.problems import status_of
from bus.messages import Topic
from dpip.domain import Workload
from dpip.errors import OverQuota, Refused, TooLarge
from dpip.ports import NewOriginal, Upload

BATCH = 64  # images in one transaction; each holds a file open until then


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Admitted, and not committed yet."""

    position: int  # in the request, from 1
    new: NewOriginal
    upload: Upload


class BulkIntake:
    """Takes files one after another; `kept` and `refused` say what became of each."""

    def __init__(self, parts: Parts, workload: Workload) -> None:
        self._parts = parts
        self._workload = workload
        self._waiting: list[_Waiting] = []
        self._open: Upload | None = None
        self._name: str | None = None
        self._wrong: Refused | None = None
        self.files = 0
        self.kept: list[dict[str, object]] = []
        self.refused: list[dict[str, Any]] = []

    def begin(self, name: str | None) -> BulkIntake:
        """The next file; write to it, then `end` it."""
        self._open, self._name, self._wrong = self._parts.store.begin(), name, None
        self.files += 1
        return self

    def open_part(self, part: FilePart) -> BulkIntake:
        return self.begin(file_name(part))

    def write(self, data: bytes) -> None:
        upload = self._open
        if upload is None or self._wrong is not None:
            return
        if upload.size_bytes + len(data) > self._parts.bounds.limits.max_bytes:
            most = self._parts.bounds.limits.max_bytes
            self._wrong = TooLarge(f"an image file may have at most {most:,} bytes")
            return
        upload.write(data)

    @property
    def refuses(self) -> bool:
        """Nothing more of this file is of use; what is written of it is thrown away."""
        return self._wrong is not None

    def end(self) -> None:
        """The file came whole: it is admitted, or refused with its reason."""
        upload, self._open = self._open, None
        if upload is None:
            return
        try:
            self._waiting.append(_Waiting(self.files, self._admitted(upload), upload))
        except Refused as error:
            upload.abort()
            self._refuse(self.files, self._name, error)
        except BaseException:
            upload.abort()
            raise
        if len(self._waiting) >= BATCH:
            self.commit()

    def _admitted(self, upload: Upload) -> NewOriginal:
        if self._wrong is not None:
            raise self._wrong
        return admit(upload, self._name, self._workload, self._parts.bounds.limits)

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

        try:
            stored = self._parts.catalog.add_originals(
                [item.new for item in some], [placing(item.upload) for item in some], self._parts.clock()
            )
        except OverQuota as error:  # nothing was placed
            if len(some) == 1:
                self._refuse(some[0].position, some[0].new.name, error)
                return
            middle = len(some) // 2
            self._keep(some[:middle])
            self._keep(some[middle:])
        else:
            self.kept += [shown(image.id, image.workload_id, image.facts) for image in stored]
            self._parts.announcer.announce(Topic.WORK, {"workload": self._workload.id})

    def _refuse(self, position: int, name: str | None, error: Refused) -> None:
        self.refused.append(
            {"position": position, "name": name, "status": int(status_of(error)), "detail": error.detail}
        )

    def close(self) -> None:
        """Throw away what was not committed."""
        for upload in [item.upload for item in self._waiting] + ([self._open] if self._open else []):
            upload.abort()
        self._waiting, self._open = [], None
