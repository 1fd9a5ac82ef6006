"""thumbor with its Pillow engine: originals as local files, results over HTTP and into files."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import thumbor.server  # noqa: F401 - not installed is told at once

from benchmarks.lean_http import Client
from benchmarks.rivals.protocol import Files, InPlace, Sample
from benchmarks.rivals.redis_server import free_port

_START_S = 30.0
_FILTERS = {"grayscale": "grayscale()", "blur": "blur(9,3)"}
_CONFIGURATION = """
LOADER = "thumbor.loaders.file_loader"
FILE_LOADER_ROOT_PATH = "/"
STORAGE = "thumbor.storages.no_storage"
RESULT_STORAGE = None
QUALITY = 90
AUTO_WEBP = False
ALLOW_UNSAFE_URL = True
SECURITY_KEY = "benchmark"
ENGINE_THREADPOOL_SIZE = 0
MAX_PIXELS = 200e6
"""


class Thumbor(InPlace):
    roles: ClassVar[Mapping[str, str]] = {"thumbor.server": "thumbor"}

    def prepare(self, folder: Path, cores: int) -> None:
        super().prepare(folder, cores)
        settings = folder / "thumbor.conf"
        settings.write_text(_CONFIGURATION)
        port = free_port()
        command = ["-m", "thumbor.server", "-p", str(port), "-i", "127.0.0.1", "-c", str(settings)]
        self._server = subprocess.Popen(
            [sys.executable, *command, "--processes", str(cores), "-l", "error"], stdout=subprocess.DEVNULL
        )
        self._client = Client(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError("thumbor does not answer")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return self._client.ask("GET", "/healthcheck").status == 200
        except OSError:
            return False

    def run(self, pictures: Sequence[Sample], filter_name: str) -> Files:
        out = self.out()

        def fetch(one: Sample) -> None:
            path = f"/unsafe/filters:{_FILTERS[filter_name]}:quality(90){one.path}"
            (out / one.path.name).write_bytes(self._client.ask("GET", path).body)

        with ThreadPoolExecutor(2 * self.cores) as pool:
            list(pool.map(fetch, pictures))
        return Files(out, pictures)

    def close(self) -> None:
        if hasattr(self, "_server"):
            self._client.close()
            self._server.terminate()
            self._server.wait()
