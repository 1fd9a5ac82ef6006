"""A set of pictures through a running system, over HTTP, as a client would push them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import cv2

from benchmarks import bare
from benchmarks.corpus import Picture
from benchmarks.measuring import Run, Watched, spent_ms
from tests.system.client import Client

WATCH_S = 0.03
TIMEOUT_S = 600.0
LEAST_PSNR_DB = 30.0
PARTS = ("fetch", "decode", "filter", "encode", "deliver")
_PAGE = 1000


class Incomplete(Exception):
    """The system did not do what was asked of it; its speed means nothing then."""


def run(client: Client, watched: Watched, pictures: Sequence[Picture], filter_name: str, threads: int) -> Run:
    """From the first byte sent until the last result can be downloaded."""
    workload = client.create(f"bench-{time.time_ns()}", filter_name)
    uploads: list[float] = []

    def push(picture: Picture) -> str:
        began = time.perf_counter()
        image_id = client.upload(workload, picture.name, picture.data)
        uploads.append(time.perf_counter() - began)
        return image_id

    before, own, began = watched.snapshot(), time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        ids = list(pool.map(push, pictures))
    seen = _completed(client, workload)
    seconds = time.perf_counter() - began
    cpu = spent_ms(before, watched.snapshot())
    cpu["client"] = 1000 * (time.process_time() - own)
    _sample(client, seen, ids, pictures, filter_name)
    parts = {"upload": 1000 * statistics.mean(uploads), **_parts(client, workload)}
    client.ask("DELETE", f"/workloads/{workload}")
    count = len(pictures)
    return Run(count, seconds, {group: spent / count for group, spent in cpu.items()}, parts)


def _completed(client: Client, workload: str) -> dict[str, Any]:
    deadline = time.monotonic() + TIMEOUT_S
    while (seen := client.workload(workload))["status"] != "completed":
        if time.monotonic() > deadline:
            raise Incomplete(f"not completed in {TIMEOUT_S:.0f} s")
        time.sleep(WATCH_S)
    return seen


def _sample(
    client: Client, seen: Mapping[str, Any], ids: Sequence[str], pictures: Sequence[Picture], filter_name: str
) -> None:
    """All results are there, and one of them is what the bare loop makes of the same picture."""
    filtered = seen["filtered_images"]
    if len(set(filtered)) != len(pictures):
        raise Incomplete(f"{len(pictures)} pictures went in, {len(set(filtered))} results came out")
    place = sorted(ids).index(ids[0])
    got, wanted = (
        bare.decoded(data, cv2.IMREAD_UNCHANGED)
        for data in (client.image(filtered[place]), bare.filtered(pictures[0], filter_name))
    )
    if got.shape != wanted.shape or cv2.PSNR(got, wanted) < LEAST_PSNR_DB:
        raise Incomplete(f"the result of {pictures[0].name} is wrong")


def _parts(client: Client, workload: str) -> dict[str, float]:
    """Mean wall milliseconds per job: waiting in the queue, on the worker, and everything between."""
    jobs: list[dict[str, Any]] = []
    after = ""
    while True:
        page = client.ask("GET", f"/workloads/{workload}/jobs?limit={_PAGE}{after}")
        jobs += page["jobs"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    def mean(values: list[float]) -> float:
        return 1000 * statistics.mean(values)

    result = {"dispatch": mean([_moment(job, "started_at") - _moment(job, "queued_at") for job in jobs])}
    result |= {part: mean([job["timings_s"][part] for job in jobs]) for part in PARTS}
    held = [_moment(job, "finished_at") - _moment(job, "started_at") for job in jobs]
    result["wait and commit"] = mean(held) - mean([job["timings_s"]["total"] for job in jobs])
    return result


def _moment(job: Mapping[str, Any], name: str) -> float:
    return datetime.fromisoformat(job[name]).timestamp()
