"""A video through a whole system, with the process killed that works on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import urllib3

from tests.film.films import Kind, content, make
from tests.system.client import Client
from tests.system.system import System, eventually


def upload(client: Client, film: Path, **fields: str) -> dict[str, Any]:
    answer = urllib3.request(
        "POST",
        f"{client.url}/videos",
        fields={**fields, "data": (film.name, film.read_bytes())},
        headers={"Authorization": f"Bearer {client.token}"},
        timeout=60,
    )
    assert answer.status == 201, answer.data
    return dict(answer.json())


def ended(client: Client, video_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        seen: dict[str, Any] = client.ask("GET", f"/videos/{video_id}")
        return seen if seen["state"] in {"done", "failed", "cancelled"} else None

    return eventually(look, "end of the video", 240)


def test_a_killed_process_begins_the_video_anew(system: System, tmp_path: Path) -> None:
    client = system.ready()
    film = make(tmp_path, 150, Kind(width=640, height=360))
    video = upload(client, film, filter="blur:sigma=2")["video_id"]
    eventually(lambda: client.ask("GET", f"/videos/{video}")["frames_joined"] > 20, "some frames joined", 120)
    system.kill("video")
    assert ended(client, video)["state"] == "done"
    answer = urllib3.request(
        "GET",
        f"{client.url}/videos/{video}/file",
        headers={"Authorization": f"Bearer {client.token}"},
        timeout=60,
    )
    out = tmp_path / "out.mp4"
    out.write_bytes(answer.data)
    assert content(out).numbers == list(range(150))
