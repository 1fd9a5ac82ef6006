"""What `dpip bench` tells: rates, each worker's share, and where the jobs' time went."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_STAGES = ("fetch", "decode", "filter", "encode", "deliver")


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the API shows it; seconds, by stage."""

    image: str
    worker: str
    state: str
    stages: Mapping[str, float]

    @staticmethod
    def of(shown: Mapping[str, Any]) -> Job:
        stages: dict[str, float] = {}
        if shown["timings_s"] is not None and shown["started_at"] and shown["finished_at"]:
            queued, started, finished = (
                datetime.fromisoformat(shown[f"{name}_at"]).timestamp()
                for name in ("queued", "started", "finished")
            )
            stages["wait in the queue"] = started - queued
            stages |= {stage: shown["timings_s"][stage] for stage in _STAGES}
            stages["wait on the way, commit"] = finished - started - shown["timings_s"]["total"]
        return Job(shown["image_id"], shown["worker"] or "nobody", shown["state"], stages)


def report(jobs: Sequence[Job], megapixels: Mapping[str, float], seconds: float, uploaded_s: float) -> str:
    """`megapixels` by image id; `seconds` from the first byte sent to the last result."""
    done = [job for job in jobs if job.state == "done"]
    total = sum(megapixels[job.image] for job in done)
    what = f"{len(done)} of {len(jobs)} pictures, {total:.1f} megapixels"
    lines = [
        f"{what}, in {seconds:.2f} s (all were uploaded after {uploaded_s:.2f} s)",
        f"{len(done) / seconds:.1f} images/s, {total / seconds:.1f} MP/s",
        "",
        *_table("worker", ("images", "MP", "share"), _shares(done, megapixels)),
        "",
        *_table("stage, ms per image", ("mean", "median", "most"), _stages(done)),
    ]
    return "\n".join(lines) + "\n"


def _shares(done: Sequence[Job], megapixels: Mapping[str, float]) -> dict[str, tuple[str, ...]]:
    images = Counter(job.worker for job in done)
    pixels = dict.fromkeys(images, 0.0)
    for job in done:
        pixels[job.worker] += megapixels[job.image]
    total = sum(pixels.values()) or 1
    return {
        worker: (str(count), f"{pixels[worker]:.1f}", f"{100 * pixels[worker] / total:.0f} %")
        for worker, count in sorted(images.items())
    }


def _stages(done: Sequence[Job]) -> dict[str, tuple[str, ...]]:
    names = [name for job in done[:1] for name in job.stages]
    columns = {name: [1000 * job.stages[name] for job in done if name in job.stages] for name in names}
    return {
        name: tuple(f"{value:.1f}" for value in (statistics.mean(v), statistics.median(v), max(v)))
        for name, v in columns.items()
    }


def _table(title: str, heading: Sequence[str], rows: Mapping[str, Sequence[str]]) -> list[str]:
    width = max(map(len, [title, *rows]))
    return [
        f"{name:<{width}}" + "".join(f"{cell:>10}" for cell in cells)
        for name, cells in {title: heading, **rows}.items()
    ]
