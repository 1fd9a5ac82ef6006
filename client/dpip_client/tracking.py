"""Which results are new: pure bookkeeping between two looks at a workload."""

from __future__ import annotations

from collections.abc import Iterable

from dpip_client.models import Job, Result, Workload

_PARTS = 3  # a workload's id, the original's place in it, the output's name


class Tracker:
    """Tells every result and every failure once."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._failed: set[str] = set()

    @property
    def failed(self) -> int:
        """How many failures were told."""
        return len(self._failed)

    def results(self, workload: Workload) -> list[Result]:
        fresh = [image_id for image_id in workload.filtered_images if image_id not in self._seen]
        self._seen.update(fresh)
        return [result_of(image_id) for image_id in fresh]

    def failures(self, jobs: Iterable[Job]) -> list[Result]:
        fresh = [job for job in jobs if job.image_id not in self._failed]
        self._failed.update(job.image_id for job in fresh)
        return [Result(job.image_id, failure=job.failure) for job in fresh]


def result_of(image_id: str) -> Result:
    """A filtered image's id is its original's with the output's name behind."""
    parts = image_id.split("-", _PARTS - 1)
    if len(parts) < _PARTS:
        return Result(image_id, image_id=image_id)
    return Result("-".join(parts[:-1]), parts[-1], image_id)
