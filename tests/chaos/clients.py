"""Clients that upload, read and delete, whatever happens, and remember what they were told."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from tests.chaos.journal import Journal
from tests.chaos.ledger import Ledger
from tests.chaos.material import Material, digest, expected
from tests.system.client import Client

ANSWER_WITHIN_S = 15.0
PATIENCE_S = 180.0
PAUSE_S = 0.3
BULK = 8
PART_OF_BULKS, PART_OF_READS, PART_OF_DELETIONS = 0.08, 0.25, 0.04
PASSING = frozenset({429, 503, 507})  # try again later
IN_PROGRESS = 409  # an earlier try under this key is still being served


@dataclass(frozen=True)
class Work:
    """What all clients share."""

    ledger: Ledger
    journal: Journal
    material: Material
    workloads: Mapping[str, str]  # pipelines by workload id
    numbers: range
    per_second: float  # of all clients together


class Numbers:
    """Deals the numbers of pictures out, no faster than it should."""

    def __init__(self, work: Work) -> None:
        self._lock = threading.Lock()
        self._work = work
        self._next = work.numbers.start
        self._began = time.monotonic()

    def take(self, count: int) -> list[int]:
        with self._lock:
            end = min(self._next + count, self._work.numbers.stop)
            taken, self._next = list(range(self._next, end)), end
        return taken

    def ahead_s(self) -> float:
        """For how long to wait until more should be sent."""
        sent = self._next - self._work.numbers.start
        return sent / self._work.per_second - (time.monotonic() - self._began)

    @property
    def over(self) -> bool:
        return self._next >= self._work.numbers.stop


class ChaosClient:
    """One of them: a thread with a connection pool of its own."""

    def __init__(self, name: str, client: Client, work: Work, numbers: Numbers, seed: int) -> None:
        self._client = client
        self._work = work
        self._numbers = numbers
        self._rng = random.Random(f"client-{seed}-{name}")
        self._stop = threading.Event()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.died: BaseException | None = None

    def stop(self) -> None:
        """No more uploads are begun."""
        self._stop.set()

    def _run(self) -> None:
        try:
            while not (self._stop.is_set() or self._numbers.over):
                self._step()
        except BaseException as error:  # told in the report: nobody else sees it
            self.died = error
            self._work.ledger.violated(f"client {self.thread.name} broke: {error!r}")

    def _step(self) -> None:
        wait_s = self._numbers.ahead_s()
        if wait_s > 0:
            self._stop.wait(min(wait_s, PAUSE_S))
            return
        chance = self._rng.random()
        if chance < PART_OF_DELETIONS:
            self._delete()
        elif chance < PART_OF_DELETIONS + PART_OF_READS:
            self._read()
        elif chance < PART_OF_DELETIONS + PART_OF_READS + PART_OF_BULKS:
            self._upload_many(self._numbers.take(BULK))
        else:
            for number in self._numbers.take(1):
                self.upload(number)

    def upload(self, number: int) -> str | None:
        """With a key, until there is an answer: the id of the image; none when patience ended."""
        work, workload_id = self._work, self._rng.choice(list(self._work.workloads))
        upload = work.ledger.begin(number, workload_id, time.time())
        form = {
            "data": (work.material.name(number), work.material.picture(number)),
            "workload_id": workload_id,
        }
        headers = {"Idempotency-Key": f"{work.material.seed}-{number}"}
        while (begun := time.time()) < upload.begun + PATIENCE_S:
            status, body = self.ask("POST", "/images", fields=form, headers=headers)
            if status == 201:
                work.ledger.accept(upload, body["image_id"], time.time())
                facts = {"number": number, "id": body["image_id"], "begun": begun, "first_try": upload.begun}
                work.journal.note("accepted", **facts)
                return upload.image_id
            if status is not None and status not in PASSING | {IN_PROGRESS}:
                work.ledger.violated(f"upload {number} got {status}: {body}")
                return None
            time.sleep(PAUSE_S)
        work.journal.note("gave up", number=number)
        return None

    def _upload_many(self, numbers: list[int]) -> None:
        """Without a key: what got no answer is tried no more, and may be kept or not."""
        if not numbers:
            return
        work, workload_id = self._work, self._rng.choice(list(self._work.workloads))
        begun = time.time()
        uploads = [work.ledger.begin(number, workload_id, begun) for number in numbers]
        files = [("data", (work.material.name(n), work.material.picture(n))) for n in numbers]
        status, body = self.ask("POST", f"/workloads/{workload_id}/images", fields=files)
        if status not in {200, 201}:
            work.journal.note("bulk without success", numbers=numbers, status=status)
            if status is not None and status not in PASSING:
                work.ledger.violated(f"bulk upload of {numbers} got {status}: {body}")
            return
        if len(body["images"]) != len(numbers):
            work.ledger.violated(f"bulk upload of {numbers} kept {len(body['images'])}: {body}")
            return
        for upload, image in zip(uploads, body["images"], strict=True):
            work.ledger.accept(upload, image["image_id"], time.time())
            facts = {"number": upload.number, "id": image["image_id"], "begun": begun, "first_try": begun}
            work.journal.note("accepted", **facts, bulk=True)

    def _read(self) -> None:
        upload = self._work.ledger.some(self._rng)
        if upload is None:
            self._stop.wait(PAUSE_S)
            return
        original = self._work.material.picture(upload.number)
        result = self._rng.random() < 0.5
        image_id = f"{upload.image_id}-filtered" if result else str(upload.image_id)
        status, data = self.ask("GET", f"/images/{image_id}", raw=True)
        if upload.delete_begun or status is None or status in PASSING or (result and status in {404, 409}):
            return  # a result may be not there yet
        if status != 200:
            self._work.ledger.violated(
                f"{image_id} (upload {upload.number}) reads as {status}: {data[:200]!r}"
            )
            return
        pipeline = self._work.workloads[upload.workload_id]
        right = expected(original, pipeline).sha256 if result else digest(original)
        if digest(data) != right:
            self._work.ledger.violated(f"{image_id} (upload {upload.number}) has other bytes than it should")

    def _delete(self) -> None:
        upload = self._work.ledger.for_deletion(self._rng)
        if upload is None:
            self._stop.wait(PAUSE_S)
            return
        self._work.journal.note("deleting", id=upload.image_id)
        for attempt in range(20):
            status, body = self.ask("DELETE", f"/images/{upload.image_id}")
            if status == 200 or (status == 404 and attempt):
                upload.deleted = True
                self._work.journal.note("deleted", id=upload.image_id, status=status)
                return
            if status is not None and status not in PASSING:
                self._work.ledger.violated(f"deleting {upload.image_id} got {status}: {body}")
                return
            time.sleep(PAUSE_S)

    def ask(self, method: str, path: str, *, raw: bool = False, **options: Any) -> tuple[int | None, Any]:
        """(None, words) when there was no answer."""
        begun = time.time()
        try:
            response = self._client.raw(method, path, timeout=ANSWER_WITHIN_S, **options)
        except urllib3.exceptions.HTTPError as error:
            self._work.journal.note("no answer", method=method, path=path, begun=begun, why=repr(error)[:200])
            return None, repr(error)
        if response.status >= 400 and response.status != 404:
            facts = {"method": method, "path": path, "status": response.status}
            self._work.journal.note(
                "refused", **facts, begun=begun, said=response.data[:300].decode("utf-8", "replace")
            )
        return response.status, response.data if raw and response.status == 200 else _json(response)


def _json(response: urllib3.BaseHTTPResponse) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.data
