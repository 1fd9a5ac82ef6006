"""Flask uploads + Celery + Redis + OpenCV, over HTTP: gunicorn with a process per core, four threads each.

No users, no datastore, nothing that survives the death of Redis: the least that people build.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

from benchmarks.lean_http import MULTIPART, Client, form
from benchmarks.rivals.celery_files import CeleryFiles
from benchmarks.rivals.protocol import Results, Sample
from benchmarks.rivals.redis_server import free_port

_UPLOADS_AT_ONCE = 4
_WATCH_S = 0.01
_START_S = 20.0


class FlaskCelery(CeleryFiles):
    roles: ClassVar[Mapping[str, str]] = {**CeleryFiles.roles, "flask_app": "api"}
    in_memory: ClassVar[bool] = True

    def prepare(self, folder: Path, cores: int) -> None:
        super().prepare(folder, cores)
        os.environ["BENCHMARK_FOLDER"] = str(folder)
        port = free_port()
        serve = ["-m", "gunicorn", "-k", "gthread", "-w", str(cores), "--threads", "4", "--keep-alive", "30"]
        serve += ["--no-control-socket", "--log-level", "error", "-b", f"127.0.0.1:{port}"]
        self._api = subprocess.Popen(
            [sys.executable, *serve, "benchmarks.rivals.flask_app:create_app()"], stdout=subprocess.DEVNULL
        )
        self._client = Client(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError("the upload service does not answer")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return self._client.ask("GET", "/batches/none").status == 200
        except OSError:
            return False

    def run(self, pictures: Sequence[Sample], filter_name: str) -> Results:  # type: ignore[override]
        batch = f"batch-{time.time_ns()}"
        fields = {"batch": batch, "filter": filter_name}

        def push(one: Sample) -> str:
            answer = self._client.ask("POST", "/images", form(one.path.name, one.data, fields), MULTIPART)
            return str(answer.json()["image"])

        with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
            names = list(pool.map(push, pictures))
        while self._client.ask("GET", f"/batches/{batch}").json()["done"] < len(pictures):
            time.sleep(_WATCH_S)
        return _Downloads(self._client, names, self.folder)

    def close(self) -> None:
        if hasattr(self, "_api"):
            self._client.close()
            self._api.terminate()
            self._api.wait()
        super().close()


class _Downloads:
    def __init__(self, client: Client, names: Sequence[str], folder: Path) -> None:
        self._client, self._names, self._folder = client, names, folder

    def sizes(self) -> list[int]:
        return [(self._folder / name).stat().st_size for name in self._names]

    def get(self, number: int) -> bytes:
        return self._client.ask("GET", f"/images/{self._names[number]}").body
