"""`dpip cancel`, `dpip resume` and `dpip replay`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from command import printing, talking
from dpip_client import Client, Workload


def cancel_workload(url: str | None, ca: Path | None, named: str, *, as_json: bool) -> None:
    """Raises `Ended`."""
    seen = _changed(url, ca, named, Client.cancel, as_json)
    if not as_json:
        sys.stdout.write(
            f"{printing.text(seen.name)} is cancelled: {seen.done} done and kept, {seen.failed} given up\n"
        )


def resume_workload(url: str | None, ca: Path | None, named: str, *, as_json: bool) -> None:
    """Raises `Ended`."""
    seen = _changed(url, ca, named, Client.resume, as_json)
    if as_json:
        return
    name = printing.text(seen.name)
    if seen.completed:
        sys.stdout.write(f"nothing of {name} was cancelled: it is completed\n")
    else:
        sys.stdout.write(f"{name} goes on; watch it: dpip watch {seen.id}\n")


def replay_workload(url: str | None, ca: Path | None, named: str, kind: str | None, *, as_json: bool) -> None:
    """Raises `Ended`."""

    def work(client: Client) -> tuple[str, int]:
        workload_id = talking.workload_id(client, named)
        return workload_id, client.replay(workload_id, kind)

    workload_id, count = talking.ask(url, ca, work)
    if as_json:
        printing.as_json({"workload_id": workload_id, "replayed": count})
    elif count:
        jobs = printing.counted(count, "failed job")
        sys.stdout.write(f"{jobs} will run once more; watch them: dpip watch {workload_id}\n")
    else:
        sys.stdout.write("no job of it has failed\n" if kind is None else f"no job of it failed as {kind}\n")


def _changed(
    url: str | None, ca: Path | None, named: str, change: Callable[[Client, str], Workload], as_json: bool
) -> Workload:
    seen = talking.ask(url, ca, lambda client: change(client, talking.workload_id(client, named)))
    if as_json:
        printing.as_json(dict(seen.raw))
    return seen
