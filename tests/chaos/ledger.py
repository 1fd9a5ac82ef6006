"""What the system promised its clients: kept by number of the picture, from the clients' side alone."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass

PROBES_FROM = 1_000_000  # numbers of pictures that are whole, and that nobody deletes


@dataclass
class Upload:
    """One picture that was sent. Times are in seconds since the epoch."""

    number: int
    workload_id: str
    begun: float
    image_id: str | None = None  # none: no answer came, so that it may be kept or not
    answered: float = 0.0
    deleted: bool = False
    delete_begun: bool = False  # without an answer it may be there or not


class Ledger:
    """Filled by all clients."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uploads: dict[int, Upload] = {}
        self._kept: list[Upload] = []
        self.violations: list[str] = []

    def begin(self, number: int, workload_id: str, at: float) -> Upload:
        upload = Upload(number, workload_id, at)
        with self._lock:
            self._uploads[number] = upload
        return upload

    def accept(self, upload: Upload, image_id: str, at: float) -> None:
        with self._lock:
            upload.image_id, upload.answered = image_id, at
            self._kept.append(upload)

    def some(self, rng: random.Random) -> Upload | None:
        """Any that was accepted and that nobody deletes."""
        with self._lock:
            upload = rng.choice(self._kept) if self._kept else None
        return None if upload is None or upload.delete_begun else upload

    def for_deletion(self, rng: random.Random) -> Upload | None:
        """It is the asking client's alone from now on."""
        with self._lock:
            upload = rng.choice(self._kept) if self._kept else None
            if upload is None or upload.delete_begun or upload.number >= PROBES_FROM:
                return None
            upload.delete_begun = True
            return upload

    def violated(self, words: str) -> None:
        with self._lock:
            self.violations.append(words)

    def uploads(self) -> list[Upload]:
        with self._lock:
            return list(self._uploads.values())


def out_of_order(uploads: list[Upload]) -> list[str]:
    """Pairs of one workload of which one was answered before the other was begun, but has the higher id."""
    wrong = []
    latest: dict[str, Upload] = {}  # by workload: of lower ids, the one that was begun last
    for upload in sorted((one for one in uploads if one.image_id), key=lambda one: str(one.image_id)):
        before = latest.get(upload.workload_id)
        if before is not None and upload.answered < before.begun:
            wrong.append(f"{upload.image_id} was answered before {before.image_id} was begun")
        if before is None or upload.begun > before.begun:
            latest[upload.workload_id] = upload
    return wrong
