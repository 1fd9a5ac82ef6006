"""The main path, whole and with a part killed half-way: every original gets exactly one right result."""

from __future__ import annotations

import contextlib

import pytest
import urllib3

from benchmarks.corpus import Picture, frames, photographs
from tests.system.checks import every_original_has_its_result
from tests.system.client import Client
from tests.system.system import System, eventually

FRAMES, PHOTOGRAPHS = 130, 30
FEWER = 3  # times, where a third is as good: the cores are what the suite is short of


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    return [*frames(FRAMES), *photographs(PHOTOGRAPHS)]


def upload_all(client: Client, workload_id: str, pictures: list[Picture]) -> dict[str, bytes]:
    return {client.upload(workload_id, picture.name, picture.data): picture.data for picture in pictures}


def half_done(client: Client, workload_id: str, total: int) -> None:
    eventually(
        lambda: len(client.workload(workload_id)["filtered_images"]) >= total // 3, "third of the work done"
    )


def test_frames_and_photographs_go_through_two_workers(system: System, pictures: list[Picture]) -> None:
    client = system.ready()
    workload_id = client.create("main path")
    assert client.workload(workload_id)["status"] == "scheduling"
    uploaded = upload_all(client, workload_id, pictures)

    status = client.ask("GET", "/status")
    assert status["system_name"]
    assert workload_id in [workload["workload_id"] for workload in status["active_workloads"]]
    running = eventually(
        lambda: (seen := client.workload(workload_id)) and seen["status"] == "running" and seen, "running"
    )
    assert 0 < running["running_jobs"] <= len(pictures)
    workers = client.ask("GET", "/workers")["workers"]
    assert {worker["name"] for worker in workers} == {"local-1", "local-2"}

    client.wait(workload_id)
    every_original_has_its_result(client, workload_id, uploaded, list(uploaded))
    jobs = client.ask("GET", f"/workloads/{workload_id}/jobs?limit=1000")["jobs"]
    assert {job["worker"] for job in jobs} == {"local-1", "local-2"}, "both had something to do"
    assert all("would finish first" in job["reason"] for job in jobs)
    assert all(job["attempt"] == 1 for job in jobs)
    active = client.ask("GET", "/status")["active_workloads"]
    assert workload_id not in [workload["workload_id"] for workload in active]


@pytest.mark.parametrize(
    ("component", "every"),
    [("worker-local-1", 1), ("scheduler", FEWER), ("controller", FEWER), ("ray", FEWER)],
)
def test_a_part_killed_half_way_loses_and_repeats_nothing(
    system: System, pictures: list[Picture], component: str, every: int
) -> None:
    client = system.ready()
    workload_id = client.create(f"without {component}")
    some = pictures[::every]
    uploaded = upload_all(client, workload_id, some)
    half_done(client, workload_id, len(some))
    dead = system.kill(component)
    client.wait(workload_id)
    every_original_has_its_result(client, workload_id, uploaded, list(uploaded))
    eventually(lambda: system.pid(component) != dead, f"{component} started again")
    eventually(lambda: system.alive(client) == system.workers, "all workers alive again")


def test_the_api_killed_while_it_takes_uploads_keeps_what_it_answered(
    system: System, pictures: list[Picture]
) -> None:
    client = system.ready()
    workload_id = client.create("without api")
    uploaded: dict[str, bytes] = {}
    for number, picture in enumerate(pictures):
        if number == len(pictures) // 2:
            system.kill("api")
        uploaded[persistent_upload(client, workload_id, picture)] = picture.data
    client.wait(workload_id)
    filtered = client.workload(workload_id)["filtered_images"]
    assert set(filtered) >= {f"{image_id}-filtered" for image_id in uploaded}
    assert len(filtered) - len(uploaded) in {0, 1}, "one upload may have been kept without an answer"


def persistent_upload(client: Client, workload_id: str, picture: Picture) -> str:
    """Upload again and again until the API answers."""

    def attempt() -> str | None:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            return client.upload(workload_id, picture.name, picture.data)
        return None

    return eventually(attempt, "answer of the API")


def test_stopping_leaves_nothing_behind_and_starting_again_finds_everything(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("again")
    first = System(folder, workers=1)
    with contextlib.closing(first.ready()) as client:
        workload_id = client.create("before")
        [picture] = frames(1)
        image_id = client.upload(workload_id, picture.name, picture.data)
        client.wait(workload_id)
    family = first.descendants()
    first.stop()
    assert not [process for process in family if process.is_running()]

    second = System(folder, workers=1)
    try:
        with contextlib.closing(second.ready()) as client:
            every_original_has_its_result(client, workload_id, {image_id: picture.data}, [image_id])
    finally:
        second.stop()
