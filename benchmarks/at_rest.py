"""What a running DPIP costs when nobody asks anything of it, what it takes to start, and what an upload of
a gigabyte does to the memory of its API."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import latency
from benchmarks.lean_http import Client
from benchmarks.measuring import OWN, Tree, spent
from benchmarks.picture_sets import picture_set
from benchmarks.rivals.protocol import Sample
from benchmarks.through_dpip import ROLES, Workload
from tests.system.system import System

SUPERVISOR = "supervisor"
_SETTLE_S = 3.0
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class UploadMemory:
    """Resident megabytes of the API's processes together, file-backed pages included."""

    uploaded_mb: float
    before_mb: float
    peak_mb: float
    seconds: float


@dataclass(frozen=True, slots=True)
class AtRest:
    ready_s: float  # `dpip up` until every worker is alive
    idle_percent: Mapping[str, float]  # of one core, by part
    memory_mb: Mapping[str, float]  # proportional share (PSS), by part
    latency: latency.Latency
    upload: UploadMemory


def measure(idle_s: float, uploads: int, upload_mb: int, say: Callable[[str], None]) -> AtRest:
    with tempfile.TemporaryDirectory(prefix="dpip-bench-") as folder:
        began = time.monotonic()
        system = System(Path(folder), workers=1)
        try:
            logged_in = system.ready()
            ready_s = time.monotonic() - began
            say(f"dpip up: ready after {ready_s:.1f} s")
            client = Client(logged_in.url, {"Authorization": f"Bearer {logged_in.token}"})
            logged_in.close()
            tree = Tree(system.up.pid, ROLES)
            idle = _idle(tree, idle_s)
            memory = _memory(tree)
            say(f"idle: {sum(idle.values()):.1f} % of one core, {sum(memory.values()):.0f} MB")
            late = latency.measure(client, uploads)
            say(f"upload to result: p50 {late.quantile(late.from_last_byte, 0.5):.1f} ms")
            upload = _upload(client, system, upload_mb)
            say(
                f"API while {upload.uploaded_mb:.0f} MB come in: {upload.before_mb:.0f} MB before, "
                f"{upload.peak_mb:.0f} MB at most"
            )
            client.close()
        finally:
            system.stop()
    return AtRest(ready_s, idle, memory, late, upload)


def _idle(tree: Tree, seconds: float) -> dict[str, float]:
    time.sleep(_SETTLE_S)
    before, began = tree.cpu_ms(), time.monotonic()
    time.sleep(seconds)
    used, took = spent(before, tree.cpu_ms()), time.monotonic() - began
    return {_named(role): milliseconds / took / 10 for role, milliseconds in used.items()}


def _memory(tree: Tree) -> dict[str, float]:
    used: dict[str, float] = {}
    for process in tree.processes():
        try:
            share = process.memory_full_info().pss / 1e6
        except psutil.Error:
            continue
        role = _named(tree.role(process))
        used[role] = used.get(role, 0.0) + share
    return used


def _named(role: str) -> str:
    return SUPERVISOR if role == OWN else role  # the root of this tree is `dpip up` itself


def _upload(client: Client, system: System, megabytes: int) -> UploadMemory:
    """Large photographs, four at a time, of a workload that is cancelled as soon as all are up."""
    [file] = picture_set("large", 1).files
    sample = Sample(file, file.read_bytes())
    count = max(round(megabytes * 1e6 / len(sample.data)), 1)
    api = Tree(system.pid("api"))
    before, peak, done = _resident(api), [0.0], threading.Event()

    def look() -> None:
        while not done.wait(_LOOK_S):
            peak[0] = max(peak[0], _resident(api))

    watching = threading.Thread(target=look)
    watching.start()
    workload = Workload.create(client, "grayscale")
    began = time.monotonic()
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: workload.upload(sample), range(count)))
        seconds = time.monotonic() - began
    finally:
        done.set()
        watching.join()
    workload.cancel()
    workload.wait_for_end()
    workload.delete()
    return UploadMemory(count * len(sample.data) / 1e6, before, peak[0], seconds)


def _resident(tree: Tree) -> float:
    total = 0.0
    for process in tree.processes():
        try:
            total += process.memory_info().rss / 1e6
        except psutil.Error:
            continue
    return total
