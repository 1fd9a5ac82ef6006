"""`dpip video` from the terminal: ten seconds with sound, there and back; and one that is cancelled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from tests.film.films import Kind, content, make
from tests.system.system import System, eventually
from tests.system.test_video import ended, upload

ROOT = Path(__file__).resolve().parents[2]
MOST_TINT = 1.0  # levels between the means of blue, green and red of a gray frame


def test_ten_seconds_come_back_whole(system: System, tmp_path: Path) -> None:
    client = system.ready()
    film = make(tmp_path, 150, Kind(width=1280, height=720, rate=Fraction(15)))
    result = tmp_path / "out.mp4"
    shown = subprocess.run(
        [
            *(sys.executable, "-m", "command", "video", str(film)),
            *("--filter", "blur:sigma=2|grayscale", "-o", str(result)),
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'client'}",
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "DPIP_HOME": str(tmp_path / "no home"),
            "DPIP_URL": client.url,
            "DPIP_TOKEN": client.token,
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    sent, came = content(film), content(result)
    assert came.numbers == list(range(150))
    assert came.times == pytest.approx(sent.times, abs=1e-3)
    assert (came.width, came.height, came.rate) == (sent.width, sent.height, sent.rate)
    assert came.sound == sent.sound
    assert came.seconds == pytest.approx(sent.seconds, abs=0.1)
    assert all(max(means) - min(means) < MOST_TINT for means in came.means)


def test_a_cancelled_video_stops_and_says_so(system: System, tmp_path: Path) -> None:
    client = system.ready()
    film = make(tmp_path, 200, Kind(width=640, height=360))
    video = upload(client, film, filter="median:radius=4")["video_id"]
    eventually(lambda: client.ask("GET", f"/videos/{video}")["frames_joined"] > 5, "some frames joined", 120)
    client.ask("POST", f"/workloads/{video}/cancel")
    assert ended(client, video)["state"] == "cancelled"
    workload = client.ask("GET", f"/workloads/{video}")
    assert workload["running_jobs"] == 0, json.dumps(workload)
