"""Celery and Redis, a process per core, files in place: a task for each picture."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from benchmarks.rivals.protocol import Files, InPlace, Sample
from benchmarks.rivals.redis_server import RedisServer

_WATCH_S = 0.005
_START_S = 30.0
_QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR")


class CeleryFiles(InPlace):
    roles: ClassVar[Mapping[str, str]] = {"redis-server": "redis", "celery_tasks": "celery"}

    def prepare(self, folder: Path, cores: int) -> None:
        super().prepare(folder, cores)
        self.redis = RedisServer(folder)
        os.environ["BENCHMARK_BROKER"] = self.redis.url
        command = ["-m", "celery", "-A", "benchmarks.rivals.celery_tasks", "worker"]
        self._worker = subprocess.Popen(
            [sys.executable, *command, "--concurrency", str(cores), *_QUIET], stdout=subprocess.DEVNULL
        )
        from benchmarks.rivals import celery_tasks  # noqa: PLC0415 - it reads where Redis is

        self._task = celery_tasks.filter_one
        deadline = time.monotonic() + _START_S
        while not celery_tasks.app.control.ping(timeout=0.2):
            if time.monotonic() > deadline:
                raise TimeoutError("the Celery worker does not answer")

    def run(self, pictures: Sequence[Sample], filter_name: str) -> Files:
        out = self.out()
        for one in pictures:
            self._task.delay(str(one.path), str(out / one.path.name), filter_name, out.name)
        while int(self.redis.client.get(out.name) or 0) < len(pictures):
            time.sleep(_WATCH_S)
        return Files(out, pictures)

    def close(self) -> None:
        if hasattr(self, "_worker"):
            self._worker.terminate()
            self._worker.wait()
        if hasattr(self, "redis"):
            self.redis.close()
