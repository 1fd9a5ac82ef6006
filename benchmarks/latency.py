"""From the end of an upload to its result downloadable, on an idle system: `python -m benchmarks.latency`."""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from benchmarks.lean_http import Client, Refused
from benchmarks.picture_sets import picture_set
from benchmarks.rivals.protocol import Sample
from benchmarks.through_dpip import PARTS, Workload
from tests.system.system import System

UPLOADS = 200
_PAUSE_S = 0.001  # between two looks whether the result is there
_REST_S = (0.02, 0.06)  # between two uploads: the system is idle again, and not in step with us
_WARM_UP = 5


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of each upload; `parts` are means."""

    from_last_byte: Sequence[float]  # sent by the client, whether or not anybody has read it
    from_answer: Sequence[float]  # 201
    parts: dict[str, float]

    @staticmethod
    def quantile(values: Sequence[float], share: float) -> float:
        return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def measure(client: Client, uploads: int = UPLOADS, filter_name: str = "grayscale") -> Latency:
    files = picture_set("small", 200).files
    samples = [Sample(file, file.read_bytes()) for file in files[: min(uploads, len(files))]]
    workload = Workload.create(client, filter_name)
    seen: dict[str, _Seen] = {}
    for number in range(-_WARM_UP, uploads):
        time.sleep(random.uniform(*_REST_S))
        one = _once(client, workload, samples[number % len(samples)])
        if number >= 0:
            seen[one.image] = one
    jobs = {job["image_id"]: job for job in workload.pages("jobs")}
    parts = _parts([(one, jobs[one.image]) for one in seen.values()])
    workload.delete()
    return Latency(
        [1000 * (one.there - one.sent) for one in seen.values()],
        [1000 * (one.there - one.answered) for one in seen.values()],
        parts,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """Moments of the wall clock, which the system's processes share."""

    image: str
    sent: float
    answered: float
    there: float


def _once(client: Client, workload: Workload, sample: Sample) -> _Seen:
    image = workload.upload(sample)
    answered, sent = time.time(), client.last_sent()
    path = f"/images/{image}-filtered"
    while True:
        try:
            client.ask("GET", path)
        except Refused as refusal:
            if refusal.status != HTTPStatus.NOT_FOUND:
                raise
            time.sleep(_PAUSE_S)
        else:
            return _Seen(image, sent, answered, time.time())


def _parts(pairs: Sequence[tuple[_Seen, dict[str, Any]]]) -> dict[str, float]:
    """Where the time goes, on average, from the last byte to the result."""

    def moment(job: dict[str, Any], name: str) -> float:
        return datetime.fromisoformat(job[name]).timestamp()

    def mean(values: list[float]) -> float:
        return 1000 * statistics.mean(values)

    on_worker = mean([job["timings_s"]["total"] for _, job in pairs])
    held = mean([moment(job, "finished_at") - moment(job, "started_at") for _, job in pairs])
    return {
        "last byte sent -> row with its job": mean(
            [moment(job, "queued_at") - one.sent for one, job in pairs]
        ),
        "row -> claimed by the scheduler": mean(
            [moment(job, "started_at") - moment(job, "queued_at") for _, job in pairs]
        ),
        **{f"on the worker: {part}": mean([job["timings_s"][part] for _, job in pairs]) for part in PARTS},
        "to the worker and back, commit": held - on_worker,
        "commit -> seen by the client": mean([one.there - moment(job, "finished_at") for one, job in pairs]),
    }


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="dpip-bench-") as folder:
        system = System(Path(folder), workers=1)
        try:
            logged_in = system.ready()
            client = Client(logged_in.url, {"Authorization": f"Bearer {logged_in.token}"})
            logged_in.close()
            found = measure(client)
            client.close()
        finally:
            system.stop()
    for what, values in (("last byte sent", found.from_last_byte), ("201", found.from_answer)):
        p50, p99 = found.quantile(values, 0.5), found.quantile(values, 0.99)
        print(f"from {what}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, most {max(values):.1f} ms")
    for part, milliseconds in found.parts.items():
        print(f"  {part:<40}{milliseconds:8.2f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
