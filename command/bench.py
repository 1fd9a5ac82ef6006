"""`dpip bench`: a folder of your own pictures through your own cluster, and what came of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from command import printing, talking
from command.bench_report import Job, report
from command.exits import DONE, FAILED, SOME_FAILED, USAGE, Ended
from command.target import Target
from dpip_client import Client, Image, Workload
from imaging import FORMATS

_POLL_S = 0.05
_SLOWEST_POLL_S = 2.0


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """Whose pictures, through what, where."""

    folder: Path
    filter: str
    url: str | None
    ca: Path | None
    at_once: int
    timeout_s: float
    keep: bool


def run(options: BenchOptions) -> int:
    """Upload, wait, tell, and remove the workload again; returns the exit status. Raises `Ended`."""
    files = _pictures(options.folder)
    if not files:
        raise Ended(f"{options.folder} holds no file that is called like a picture", USAGE)
    found = talking.target(options.url, options.ca)

    def attempt(one: Target) -> int:
        patient = replace(talking.options(one), at_once=options.at_once)
        with Client(options=patient) as client:
            return _measure(client, options, files)

    with talking.telling(found.url):
        return talking.renewing(found, attempt)


def _measure(client: Client, options: BenchOptions, files: Sequence[Path]) -> int:
    workload = client.create(options.filter, f"bench {time.time_ns()}")
    try:
        began = time.monotonic()
        refused = 0
        for sent in client.upload_many(workload.id, files, in_order=False):
            if sent.error is not None:  # it is told and passed over: the others count
                refused += 1
                printing.note(f"{sent.source}: {sent.error.detail}")
        uploaded = time.monotonic() - began
        seen = _wait(client, workload.id, began + options.timeout_s)
        seconds = time.monotonic() - began
        jobs = [Job.of(job.raw) for job in client.jobs(workload.id)]
        sizes = {image.id: _megapixels(image) for image in client.images(workload.id)}
        sys.stdout.write(report(jobs, sizes, seconds, uploaded))
    finally:
        if not options.keep:
            client.delete(workload.id)
    if not seen.completed:
        raise Ended(f"not completed in {options.timeout_s:.0f} s", FAILED)
    return SOME_FAILED if refused or seen.failed else DONE


def _pictures(folder: Path) -> list[Path]:
    """Those that are called like pictures, in subfolders too."""
    known = {f".{name}" for form in FORMATS.values() for name in (form.name, form.extension, *form.aliases)}
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in known and file.is_file())


def _wait(client: Client, workload_id: str, deadline: float) -> Workload:
    """Look often at first, seldom when it takes long: looking costs the cluster something."""
    began = time.monotonic()
    while True:
        seen = client.workload(workload_id)
        now = time.monotonic()
        if seen.completed or now > deadline:
            return seen
        time.sleep(min(max(_POLL_S, (now - began) / 20), _SLOWEST_POLL_S))


def _megapixels(image: Image) -> float:
    return image.width * image.height / 1e6
