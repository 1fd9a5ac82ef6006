"""Taking stock from outside: what is there, against what was promised."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from tests.chaos.clients import Work
from tests.chaos.ledger import Upload, out_of_order
from tests.chaos.material import Expected, digest, expected
from tests.system.client import Client, Refusal

Json = dict[str, Any]
PAGE = 1000
SIDE_BY_SIDE = 4
LEVELS = 1  # of 255, where bytes differ


@dataclass
class Stock:
    """Figures, and what is wrong."""

    kept: int = 0  # originals that are there
    answered: int = 0  # uploads that got a 201
    deleted: int = 0
    unanswered_kept: int = 0  # no answer came, and the picture is there
    results: int = 0  # with the right bytes
    same_pixels: int = 0  # of these: other bytes, the same pixels
    refused: int = 0  # broken pictures that failed, as they should
    attempts: dict[int, int] = field(default_factory=dict)  # how many jobs took so many
    failures: dict[str, int] = field(default_factory=dict)  # of whole pictures, by kind, before the replay
    violations: list[str] = field(default_factory=list)


def replay_what_failed(client: Client, work: Work, stock: Stock) -> None:
    """Whole pictures that failed for a passing reason have a recorded failure: count it, try once more."""
    for workload_id in work.workloads:
        for job in everything(client, f"/workloads/{workload_id}/jobs", "jobs", state="failed"):
            kind = job["failure"]["kind"]
            if kind not in {"unreadable"}:
                stock.failures[kind] = stock.failures.get(kind, 0) + 1
                work.journal.note(
                    "failed", id=job["image_id"], failure=job["failure"], attempt=job["attempt"]
                )
                client.ask("POST", f"/images/{job['image_id']}/replay")


def take_stock(client: Client, work: Work, stock: Stock) -> None:
    """Everything is settled by now."""
    uploads = work.ledger.uploads()
    by_digest = {digest(work.material.picture(upload.number)): upload for upload in uploads}
    stock.answered = sum(upload.image_id is not None for upload in uploads)
    stock.deleted = sum(upload.deleted for upload in uploads)
    stock.violations += [f"order: {words}" for words in out_of_order(uploads)]
    found: dict[str, str] = {}  # image ids by digest of the original
    for workload_id, pipeline in work.workloads.items():
        originals = list(everything(client, f"/workloads/{workload_id}/images", "images", kind="original"))
        filtered = {
            one["image_id"]: one
            for one in everything(client, f"/workloads/{workload_id}/images", "images", kind="filtered")
        }
        jobs = {one["image_id"]: one for one in everything(client, f"/workloads/{workload_id}/jobs", "jobs")}
        _check_lists(client, workload_id, originals, filtered, jobs, stock)
        stock.kept += len(originals)
        for attempts, count in Counter(job["attempt"] for job in jobs.values()).items():
            stock.attempts[attempts] = stock.attempts.get(attempts, 0) + count
        for original in originals:
            if original["sha256"] in found:
                stock.violations.append(f"twice: {original['image_id']} and {found[original['sha256']]}")
            found[original["sha256"]] = original["image_id"]
            upload = by_digest.get(original["sha256"])
            if upload is None:
                stock.violations.append(f"nobody sent {original['image_id']}")
            else:
                _check_upload(upload, original, stock)

        def look(
            original: Json,
            pipeline: str = pipeline,
            filtered: dict[str, Json] = filtered,
            jobs: dict[str, Json] = jobs,
        ) -> None:
            upload = by_digest.get(original["sha256"])
            if upload is not None:
                should = expected(work.material.picture(upload.number), pipeline)
                _check_result(client, original["image_id"], should, filtered, jobs, stock)

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            list(pool.map(look, originals))
    there = set(found.values())
    for upload in uploads:
        if upload.image_id and not upload.delete_begun and upload.image_id not in there:
            stock.violations.append(
                f"lost: {upload.image_id}, which was answered 201 (upload {upload.number})"
            )


def _check_lists(
    client: Client,
    workload_id: str,
    originals: list[Json],
    filtered: dict[str, Json],
    jobs: dict[str, Json],
    stock: Stock,
) -> None:
    ids = [one["image_id"] for one in originals]
    if ids != sorted(set(ids)):
        stock.violations.append(f"the originals of {workload_id} are not in order")
    if set(ids) != set(jobs):
        stock.violations.append(
            f"jobs and originals of {workload_id} differ: {sorted(set(ids) ^ set(jobs))[:5]}"
        )
    shown = client.workload(workload_id)
    if (
        shown["filtered_images"] != sorted(filtered)
        or shown["running_jobs"]
        or shown["status"] != "completed"
    ):
        stock.violations.append(f"what is shown of {workload_id} is not what there is: {shown['status']}")


def _check_upload(upload: Upload, original: Json, stock: Stock) -> None:
    image_id = original["image_id"]
    if upload.deleted:
        stock.violations.append(f"back again: {image_id}, which was deleted")
    if upload.workload_id != original["workload_id"]:
        stock.violations.append(f"{image_id} is in {original['workload_id']}, not in {upload.workload_id}")
    if upload.image_id is None:
        stock.unanswered_kept += 1
    elif upload.image_id != image_id:
        stock.violations.append(f"{upload.image_id} was answered, and {image_id} is kept")


def _check_result(
    client: Client,
    image_id: str,
    should: Expected,
    filtered: dict[str, Json],
    jobs: dict[str, Json],
    stock: Stock,
) -> None:
    job, result = (
        jobs.get(image_id, {"state": "missing", "failure": None}),
        filtered.get(f"{image_id}-filtered"),
    )
    if should.result is None:
        if job["state"] == "failed" and job["failure"]["kind"] == "unreadable" and result is None:
            stock.refused += 1
        else:
            stock.violations.append(f"{image_id} is broken ({should.refusal}), and its job is {job}")
        return
    if job["state"] != "done" or result is None:
        stock.violations.append(f"{image_id} has no result: {job}")
        return
    try:
        data = client.image(result["image_id"])
    except Refusal as refusal:
        stock.violations.append(f"{result['image_id']} cannot be read: {refusal}")
        return
    if digest(data) == should.sha256:
        stock.results += 1
    elif _alike(data, should.result):
        stock.results += 1
        stock.same_pixels += 1
    else:
        stock.violations.append(f"{result['image_id']} has wrong pixels")


def _alike(one: bytes, other: bytes) -> bool:
    a, b = (np.asarray(Image.open(io.BytesIO(data)), dtype=int) for data in (one, other))
    return a.shape == b.shape and int(np.abs(a - b).max()) <= LEVELS


def everything(client: Client, path: str, what: str, **wanted: str) -> Iterator[Json]:
    after: str | None = None
    while True:
        query = {"limit": str(PAGE), **wanted, **({"after": after} if after else {})}
        page = client.ask("GET", path, fields=query)
        yield from page[what]
        after = page["next"]
        if after is None:
            return
