"""The Celery application of those who build with Celery and Redis. The worker process imports this."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import redis
from celery import Celery
from celery.signals import worker_process_init

from benchmarks.rivals.pixels import filter_file, one_thread

BROKER = "BENCHMARK_BROKER"  # environment variable with the URL of Redis

app = Celery("benchmark", broker=os.environ.get(BROKER))
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True


@cache
def counters() -> redis.Redis:
    return redis.Redis.from_url(os.environ[BROKER])


@worker_process_init.connect
def _begin(**_about: Any) -> None:
    one_thread()


@app.task
def filter_one(source: str, target: str, filter_name: str, batch: str) -> None:
    """Filter a file, and count it as done in its batch."""
    filter_file(Path(source), Path(target), filter_name)
    counters().incr(batch)
