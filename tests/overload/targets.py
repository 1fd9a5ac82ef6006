"""What is overloaded: an API alone, or the whole system, whose workers want the processor, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.api.processes import ApiProcess, running
from tests.system.system import System


@dataclass(frozen=True)
class Target:
    port: int
    token: str
    workload_id: str
    serving: list[psutil.Process]  # whose memory is watched


def of_api(api: ApiProcess) -> Target:
    token = api.login()
    made = api.json("/workloads", "--request", "POST", token=token)
    return Target(api.port, token, made["workload_id"], api.children())


@contextmanager
def api_alone(folder: Path) -> Iterator[Target]:
    with running(folder) as api:
        yield of_api(api)


@contextmanager
def whole_system(folder: Path) -> Iterator[Target]:
    """With one worker, which filters what comes in meanwhile."""
    system = System(folder, workers=1)
    try:
        with closing(system.ready()) as client:
            api = psutil.Process(system.pid("api"))
            port, workload_id = int(client.url.rpartition(":")[2]), client.create("overload")
            yield Target(port, client.token, workload_id, api.children(recursive=True))
            client.ask("POST", f"/workloads/{workload_id}/cancel")  # nobody waits for what is left
    finally:
        system.stop()
