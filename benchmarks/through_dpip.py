"""A set of pictures through a running DPIP, over HTTP, as a client would push them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.lean_http import MULTIPART, Client, form, form_of_files
from benchmarks.rivals.protocol import Sample
from tests.system.system import System

ROLES = {
    "ray::WorkerActor": "actors",
    "-m controller": "controller",
    "-m scheduler": "scheduler",
    "-m api": "api",
    "-m worker": "workers",
    "-m cluster": "ray",
    "-m command": "supervisor",
}
UPLOADS_AT_ONCE = 4
TIMEOUT_S = 600.0
PARTS = ("fetch", "decode", "filter", "encode", "deliver")
_SOONEST_S, _LATEST_S = 0.005, 0.1
_PAGE = 1000
_BULK_FILES, _BULK_BYTES = 100, 16_000_000
_CONTENT_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


class Incomplete(Exception):
    """The system did not do what was asked of it; its speed means nothing then."""


class OverHttp:
    """The client's part: upload everything, wait until the workload is completed.

    Nothing is deleted between runs: before it makes a file, ext4 looks at all inodes that were freed in the
    last minutes, and after a thousand of them that costs a fifth of what a small image does.
    """

    roles: ClassVar[Mapping[str, str]] = ROLES
    in_memory: ClassVar[bool] = True

    def __init__(self) -> None:
        self.client: Client | None = None
        self._last: Workload | None = None
        self._upload_ms = 0.0

    def use(self, url: str, token: str) -> None:
        self.client = Client(url, {"Authorization": f"Bearer {token}"})

    def run(self, pictures: Sequence[Sample], filter_name: str) -> Workload:
        if self.client is None:
            raise RuntimeError("prepare comes first")
        workload = Workload.create(self.client, filter_name)
        took: list[float] = []

        def push(several: Sequence[Sample]) -> list[str]:
            began = time.perf_counter()
            ids = self.upload(workload, several)
            took.append((time.perf_counter() - began) / len(several))
            return ids

        with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
            workload.originals = [one for ids in pool.map(push, self.requests(pictures)) for one in ids]
        workload.wait()
        self._upload_ms = 1000 * statistics.mean(took)
        self._last = workload
        return workload

    def requests(self, pictures: Sequence[Sample]) -> list[Sequence[Sample]]:
        """Which pictures go together: each alone."""
        return [(one,) for one in pictures]

    def upload(self, workload: Workload, several: Sequence[Sample]) -> list[str]:
        return [workload.upload(one) for one in several]

    def parts(self) -> Mapping[str, float]:
        return {} if self._last is None else {"upload": self._upload_ms, **_parts(self._last)}

    def close(self) -> None:
        if self.client is not None:
            self.client.close()


class OneMachine(OverHttp):
    """`dpip up` as it comes: one worker with all cores."""

    def prepare(self, folder: Path, cores: int) -> None:
        self._start(folder, workers=1, cores_each=cores)

    def _start(self, folder: Path, workers: int, cores_each: int) -> None:
        self.system = System(folder, workers=workers, DPIP_CORES=str(cores_each))
        client = self.system.ready()
        self.use(client.url, client.token)
        client.close()

    def close(self) -> None:
        super().close()
        if hasattr(self, "system"):
            self.system.stop()


class WorkerPerCore(OneMachine):
    """As many workers as cores, one job at a time in each."""

    def prepare(self, folder: Path, cores: int) -> None:
        self._start(folder, workers=cores, cores_each=1)


class BareBodies(OneMachine):
    """The picture as the body of the request, instead of a multipart form."""

    def upload(self, workload: Workload, several: Sequence[Sample]) -> list[str]:
        return [workload.upload_body(one) for one in several]


class Bulk(OneMachine):
    """Forms with many files each."""

    def requests(self, pictures: Sequence[Sample]) -> list[Sequence[Sample]]:
        """Up to a hundred files or some megabytes together."""
        groups: list[list[Sample]] = []
        room = 0
        for one in pictures:
            if not groups or len(groups[-1]) == _BULK_FILES or room < len(one.data):
                groups.append([])
                room = _BULK_BYTES
            groups[-1].append(one)
            room -= len(one.data)
        return list(groups)

    def upload(self, workload: Workload, several: Sequence[Sample]) -> list[str]:
        return workload.upload_many(several)


class Workload:
    """A workload of ours, and its results."""

    def __init__(self, client: Client, workload_id: str) -> None:
        self._client = client
        self.id = workload_id
        self.originals: list[str] = []
        self._path = f"/workloads/{workload_id}"
        self._began = time.monotonic()

    @classmethod
    def create(cls, client: Client, filter_name: str) -> Workload:
        body = f"filter={filter_name}&workload_name=bench-{time.time_ns()}".encode()
        answer = client.ask("POST", "/workloads", [body], "application/x-www-form-urlencoded")
        return cls(client, str(answer.json()["workload_id"]))

    def upload(self, one: Sample) -> str:
        body = form(one.path.name, one.data, {"workload_id": self.id, "type": "original"})
        return str(self._client.ask("POST", "/images", body, MULTIPART).json()["image_id"])

    def upload_body(self, one: Sample) -> str:
        path = f"/images?workload_id={self.id}"
        answer = self._client.ask("POST", path, [one.data], _CONTENT_TYPES[one.path.suffix])
        return str(answer.json()["image_id"])

    def upload_many(self, several: Sequence[Sample]) -> list[str]:
        body = form_of_files((one.path.name, one.data) for one in several)
        answer = self._client.ask("POST", f"{self._path}/images", body, MULTIPART).json()
        if answer["refused"]:
            raise Incomplete(f"refused: {answer['refused']}")
        return [str(image["image_id"]) for image in answer["images"]]

    def wait(self) -> None:
        """Until all is done. Raises Incomplete."""
        seen = self.wait_for_end()
        if seen["done"] != len(self.originals):
            raise Incomplete(
                f"{len(self.originals)} went in, {seen['done']} came out: {seen['failed_images']}"
            )

    def wait_for_end(self) -> dict[str, Any]:
        """Look seldom while much is left, often at the end: looking costs the system something, too."""
        while (seen := self._seen())["status"] != "completed":
            took, left = time.monotonic() - self._began, seen["running_jobs"]
            if took > TIMEOUT_S:
                raise Incomplete(f"not completed in {TIMEOUT_S:.0f} s")
            expected = took * left / max(seen["total"] - left, 1)
            time.sleep(min(max(expected / 2, _SOONEST_S), _LATEST_S))
        return seen

    def sizes(self) -> list[int]:
        by_id = {image["image_id"]: image["size_bytes"] for image in self.pages("images", "kind=filtered")}
        return [by_id[f"{original}-filtered"] for original in self.originals]

    def get(self, number: int) -> bytes:
        return self._client.ask("GET", f"/images/{self.originals[number]}-filtered").body

    def pages(self, items: str, query: str = "") -> Iterator[dict[str, Any]]:
        after = ""
        while after is not None:
            path = f"{self._path}/{items}?limit={_PAGE}&{query}{after and f'&after={after}'}"
            page = self._client.ask("GET", path).json()
            yield from page[items]
            after = page["next"]

    def _seen(self) -> dict[str, Any]:
        seen: dict[str, Any] = self._client.ask("GET", self._path).json()
        return seen

    def cancel(self) -> None:
        self._client.ask("POST", f"{self._path}/cancel")

    def delete(self) -> None:
        self._client.ask("DELETE", self._path)


def _parts(workload: Workload) -> dict[str, float]:
    """Mean wall milliseconds per job: waiting in the queue, on the worker, and everything between."""
    jobs = list(workload.pages("jobs"))

    def mean(values: list[float]) -> float:
        return 1000 * statistics.mean(values)

    result = {"dispatch": mean([_moment(job, "started_at") - _moment(job, "queued_at") for job in jobs])}
    result |= {part: mean([job["timings_s"][part] for job in jobs]) for part in PARTS}
    held = [_moment(job, "finished_at") - _moment(job, "started_at") for job in jobs]
    result["wait and commit"] = mean(held) - mean([job["timings_s"]["total"] for job in jobs])
    return result


def _moment(job: Mapping[str, Any], name: str) -> float:
    return datetime.fromisoformat(job[name]).timestamp()
