"""`dpip bench`: a folder of your own pictures through your own cluster, and what came of it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from command.bench_report import Job, report
from command.remote import Fields, Refusal, Remote
from dpip.errors import ConfigError
from dpip.settings import ENV_PREFIX, EXIT_USAGE
from dpip.trust import read_authorities
from imaging import FORMATS

_POLL_S = 0.05
_SLOWEST_POLL_S = 2.0


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """Whose pictures, through what, where. Who asks stands in the environment, not on a command line."""

    folder: Path
    filter: str
    url: str
    at_once: int
    timeout_s: float
    keep: bool


def run(options: BenchOptions) -> int:
    """Upload, wait, tell, and remove the workload again; returns the exit status."""
    files = _pictures(options.folder)
    if not files:
        sys.stderr.write(f"dpip bench: {options.folder} holds no file that is called like a picture\n")
        return EXIT_USAGE
    vouching = os.environ.get(f"{ENV_PREFIX}TLS_CA")
    try:
        remote = Remote(options.url, read_authorities(Path(vouching)) if vouching else "")
    except ConfigError as error:
        sys.stderr.write(f"dpip bench: {error.detail}\n")
        return EXIT_USAGE
    try:
        _log_in(remote, os.environ)
        return _measure(remote, options, files)
    except Refusal as refusal:
        sys.stderr.write(f"dpip bench: {refusal}\n")
        return 1
    finally:
        remote.close()


def _measure(remote: Remote, options: BenchOptions, files: Sequence[Path]) -> int:
    fields = {"filter": options.filter, "workload_name": f"bench {time.time_ns()}"}
    workload = str(remote.ask("POST", "/workloads", fields=fields)["workload_id"])
    path = f"/workloads/{workload}"
    try:
        began = time.monotonic()
        with ThreadPoolExecutor(options.at_once) as pool:
            kept = list(pool.map(lambda file: _upload(remote, workload, file), files))
        uploaded = time.monotonic() - began
        seen = _wait(remote, path, began + options.timeout_s)
        seconds = time.monotonic() - began
        jobs = [Job.of(job) for job in remote.pages(f"{path}/jobs", "jobs")]
        sizes = {image["image_id"]: _megapixels(image) for image in remote.pages(f"{path}/images", "images")}
        sys.stdout.write(report(jobs, sizes, seconds, uploaded))
    finally:
        if not options.keep:
            remote.ask("DELETE", path)
    if seen["status"] != "completed":
        sys.stderr.write(f"dpip bench: not completed in {options.timeout_s:.0f} s\n")
        return 1
    return 0 if all(kept) and not seen["failed"] else 1


def _pictures(folder: Path) -> list[Path]:
    """Those that are called like pictures, in subfolders too."""
    known = {f".{name}" for form in FORMATS.values() for name in (form.name, form.extension, *form.aliases)}
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in known and file.is_file())


def _log_in(remote: Remote, environment: Mapping[str, str]) -> None:
    token, user, password = (environment.get(f"DPIP_{name}") for name in ("TOKEN", "USER", "PASSWORD"))
    if token:
        remote.token = token
    elif user and password:
        remote.log_in(user, password)
    else:
        raise Refusal("say who you are: DPIP_TOKEN, or DPIP_USER and DPIP_PASSWORD, in the environment")


def _upload(remote: Remote, workload: str, file: Path) -> bool:
    """A refused picture is told and passed over: the others count."""
    fields: Fields = {"data": (file.name, file.read_bytes()), "workload_id": workload, "type": "original"}
    try:
        remote.ask("POST", "/images", fields=fields)
    except Refusal as refusal:
        sys.stderr.write(f"dpip bench: {file}: {refusal}\n")
        return False
    return True


def _wait(remote: Remote, path: str, deadline: float) -> Mapping[str, object]:
    """Look often at first, seldom when it takes long: looking costs the cluster something."""
    began = time.monotonic()
    while True:
        seen = remote.ask("GET", path)
        now = time.monotonic()
        if seen["status"] == "completed" or now > deadline:
            return seen
        time.sleep(min(max(_POLL_S, (now - began) / 20), _SLOWEST_POLL_S))


def _megapixels(image: Mapping[str, float]) -> float:
    return image["width"] * image["height"] / 1e6
