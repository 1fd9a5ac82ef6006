"""`dpip workloads`, `status`, `watch` and `workers`: what is there, without changing anything."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from itertools import islice
from pathlib import Path

from command import printing, talking
from command.exits import DONE, SOME_FAILED
from command.film_watching import facts, is_video, watch_video
from command.runs.showing import progress
from command.runs.tally import Tally
from dpip_client import Client, Failure, Job, Video, Workload

_LOOK_S, _SLOWEST_LOOK_S = 0.2, 2.0


def list_workloads(url: str | None, ca: Path | None, *, limit: int | None, as_json: bool) -> None:
    """Raises `Ended`."""
    found = talking.ask(url, ca, lambda client: list(islice(client.workloads(), limit)))
    if as_json:
        printing.as_json([dict(one.raw) for one in found])
        return
    printing.table(
        ("ID", "NAME", "STATUS", "DONE", "FAILED", "TOTAL", "FILTER", "MADE"),
        [(w.id, w.name, _state(w), *_counts(w), w.filter, printing.when(w.created_at)) for w in found],
        "there is no workload yet; dpip run makes one",
        shorten="FILTER",
        drop=("ID", "TOTAL", "FILTER", "FAILED"),
    )


def show_system(url: str | None, ca: Path | None, *, as_json: bool) -> None:
    """Raises `Ended`."""
    target = talking.target(url, ca)
    told = talking.ask(url, ca, Client.status)
    if as_json:
        printing.as_json(dict(told))
        return
    workers = ", ".join(f"{count} {state}" for state, count in told.get("workers", {}).items())
    printing.facts(
        {
            "system": f"{told['system_name']} {told.get('version', '')}".rstrip(),
            "url": target.url,
            "user": told.get("user"),
            "time": printing.moment(told["server_time"]),
            "workers": workers or "none",
            "jobs": f"{told.get('queued_jobs', 0)} queued, {told.get('running_jobs', 0)} running",
        }
    )
    active = [Workload.of(shown) for shown in told["active_workloads"]]
    if active:
        sys.stdout.write("\n")
        rows = [(w.id, w.name, _state(w), *_counts(w), w.filter) for w in active]
        columns = ("ID", "NAME", "STATUS", "DONE", "FAILED", "TOTAL", "FILTER")
        printing.table(columns, rows, "", shorten="FILTER", drop=("ID", "FILTER", "FAILED"))


def show_workload(url: str | None, ca: Path | None, named: str, *, as_json: bool) -> None:
    """Raises `Ended`."""

    def work(client: Client) -> tuple[Workload, list[Job], dict[str, str], Video | None]:
        seen = client.workload(talking.workload_id(client, named))
        if is_video(seen):
            return seen, [], {}, client.video(seen.id)
        failed = list(client.jobs(seen.id, "failed")) if seen.failed else []
        images = client.images(seen.id, "original") if failed else iter(())
        return seen, failed, {image.id: image.name or image.id for image in images}, None

    seen, failed, names, video = talking.ask(url, ca, work)
    if as_json and video is not None:
        printing.as_json({**seen.raw, "video": dict(video.raw)})
        return
    if as_json:
        printing.as_json({**seen.raw, "failed_jobs": [dict(job.raw) for job in failed]})
        return
    pictures = (
        f"{seen.total}: {seen.done} done, {seen.running} running, {seen.queued} queued, {seen.failed} failed"
    )
    printing.facts(
        {
            "id": seen.id,
            "name": seen.name,
            "filter": seen.pipeline,
            "status": _state(seen),
            **({"pictures": pictures} if video is None else facts(video)),
            "made": printing.moment(seen.created_at),
            "note": f"dpip resume {seen.id} lets it go on" if seen.cancelled else seen.note,
        }
    )
    if failed:
        sys.stdout.write("\n")
        rows = [(names.get(job.image_id, job.image_id), _why(job.failure)) for job in failed]
        printing.table(("FAILED", "REASON"), rows, "")


def watch_workload(url: str | None, ca: Path | None, named: str, *, as_json: bool) -> int:
    """Until it is completed; the exit status. Raises `Ended`."""

    def work(client: Client) -> Workload | int:
        seen = client.workload(talking.workload_id(client, named))
        if is_video(seen):
            return watch_video(client, seen.id, as_json=as_json)
        began = time.monotonic()
        with progress(seen.total, quiet=as_json) as show:
            while not seen.completed:
                show(_tally(seen))
                with closing(client.news(seen.id)) as told:
                    for news in told:
                        seen = Workload.of({**seen.raw, **news})
                        show(_tally(seen))
                        if seen.completed:
                            break
                    else:  # no stream is to be had now
                        time.sleep(min(max(_LOOK_S, (time.monotonic() - began) / 20), _SLOWEST_LOOK_S))
                seen = client.workload(seen.id)
        return seen

    seen = talking.ask(url, ca, work)
    if isinstance(seen, int):
        return seen
    if as_json:
        printing.as_json(dict(seen.raw))
    else:
        sys.stdout.write(f"{printing.text(seen.name)}: {seen.done} done, {seen.failed} failed\n")
        if seen.failed:
            printing.note(f"why: dpip status {seen.id}")
    return SOME_FAILED if seen.failed else DONE


def list_workers(url: str | None, ca: Path | None, *, as_json: bool) -> None:
    """Raises `Ended`."""
    found = talking.ask(url, ca, Client.workers)
    if as_json:
        printing.as_json([dict(one.raw) for one in found])
        return
    printing.table(
        ("NAME", "STATE", "HOST", "CORES", "CPU", "MEMORY FREE", "JOBS", "GPUS", "TAGS"),
        [
            (
                one.name,
                one.state,
                one.host,
                one.cores,
                None if one.cpu_percent is None else f"{one.cpu_percent:.0f} %",
                f"{printing.size(one.memory_available)} of {printing.size(one.memory_total)}",
                one.running_jobs,
                len(one.raw.get("gpus", ())),
                one.tags,
            )
            for one in found
        ],
        "there is no worker; start one: .venv/bin/python -m worker --help tells how",
        shorten="TAGS",
        drop=("HOST", "GPUS", "CORES", "TAGS", "JOBS"),
    )


def _tally(seen: Workload) -> Tally:
    bad = {str(number): "" for number in range(seen.failed)}
    ended = seen.done + seen.failed
    return Tally(seen.total, sent=seen.total, ended=ended, running=seen.running, bad=bad)


def _state(seen: Workload) -> str:
    if seen.cancelled:
        return "cancelled"
    return "failed" if seen.raw.get("video") == "failed" else seen.status


def _counts(seen: Workload) -> tuple[int | None, int | None, int | None]:
    """Done, failed, and all of the pictures. Of a video those come and go."""
    return (None, None, None) if is_video(seen) else (seen.done, seen.failed, seen.total)


def _why(failure: Failure | None) -> str:
    return failure.detail if failure else "no reason was kept"
