"""What keeps a system busy: pictures of several sizes, one by one and many at once, and reading."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, cycle

from tests.pictures import encode, photograph
from tests.system.client import Client
from tests.system.system import eventually

SIZES = (0.02, 0.02, 0.1, 0.3)  # megapixels
FORMATS = ("jpeg", "png", "webp")
PIPELINES = ("blur:sigma=2|grayscale", "grayscale", "resize:width=100,height=100")
IMAGES_EACH = 240  # of a workload: half of them in one archive
SINGLES_AT_ONCE = 4
MOST_WAITING = 60  # jobs, before more are uploaded one by one
KEPT_WORKLOADS = 2  # older ones are deleted, so that the database stays as it is
READ_EACH = 20  # results


def pictures() -> list[bytes]:
    kinds = cycle(FORMATS)
    return [encode(photograph(seed, size), next(kinds)) for seed in range(3) for size in SIZES]


class Work:
    """Workloads one after another, until `over` says so of the number of images that are done."""

    def __init__(self, client: Client, over: Callable[[int], bool]) -> None:
        self._client = client
        self._over = over
        self._pictures = pictures()
        self._archive = _tar(self._pictures, IMAGES_EACH // 2)
        self.done = 0

    def run(self) -> int:
        kept: list[str] = []
        pipelines = cycle(PIPELINES)
        for number in count():
            if self._over(self.done):
                return self.done
            kept.append(self._one(f"soak {number}", next(pipelines)))
            if len(kept) > KEPT_WORKLOADS:
                self._client.ask("DELETE", f"/workloads/{kept.pop(0)}")
        raise AssertionError("numbers do not end")

    def _one(self, name: str, pipeline: str) -> str:
        client = self._client
        workload_id = client.create(name, pipeline)
        headers = {"Content-Type": "application/x-tar"}
        client.ask("POST", f"/workloads/{workload_id}/images", body=self._archive, headers=headers)
        with ThreadPoolExecutor(SINGLES_AT_ONCE) as pool:
            for begin in range(0, IMAGES_EACH // 2, MOST_WAITING):
                list(pool.map(lambda n: self._upload(workload_id, n), range(begin, begin + MOST_WAITING)))
                self._until_fewer_wait(workload_id)
        shown = client.wait(workload_id, 300)
        for image_id in shown["filtered_images"][:READ_EACH]:
            client.image(image_id)
        for path in ("/status", "/workers", "/metrics", "/history", f"/workloads/{workload_id}/jobs"):
            client.raw("GET", path)
        client.raw("GET", f"/workloads/{workload_id}/archive")
        self.done += len(shown["filtered_images"])
        return workload_id

    def _upload(self, workload_id: str, number: int) -> None:
        self._client.upload(workload_id, f"{number}.img", self._pictures[number % len(self._pictures)])

    def _until_fewer_wait(self, workload_id: str) -> None:
        half = MOST_WAITING / 2
        eventually(lambda: self._client.workload(workload_id)["running_jobs"] < half, "half of them", 300)


def _tar(files: Sequence[bytes], members: int) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as out:
        for number in range(members):
            member = tarfile.TarInfo(f"{number:04d}.img")
            member.size, member.mtime = len(files[number % len(files)]), int(time.time())
            out.addfile(member, io.BytesIO(files[number % len(files)]))
    return stream.getvalue()
