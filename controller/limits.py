"""What a worker may say of itself. It holds the join token, but one that is wrong must harm no other."""

from __future__ import annotations

import math
from dataclasses import replace

from bus.messages import ReportLoad, Subscribe
from dpip import names
from dpip.domain import Gpu, Load, WorkerState
from dpip.errors import Malformed

_MAX_CORES = 4096
_MAX_BYTES = 2**60
_MAX_GPUS = 64
_MAX_TAGS = 64
_MAX_TEXT = 255
_MAX_CODECS = 32
_MAX_ID = 64
_MAX_INCARNATION = 2**31 - 1


def check_subscription(message: Subscribe) -> None:
    """Raises `Malformed`."""
    names.label(message.worker_name, "worker name")
    for tag in message.tags:
        names.label(tag, "tag")
    machine = message.machine
    _require(len(message.tags) <= _MAX_TAGS, f"a worker may have at most {_MAX_TAGS} tags")
    _require(1 <= machine.cores <= _MAX_CORES, f"cores must be 1 to {_MAX_CORES}, not {machine.cores}")
    _require(0 < machine.memory_total <= _MAX_BYTES, f"memory_total is out of range: {machine.memory_total}")
    _require(0 < len(message.instance) <= _MAX_ID, f"instance must have 1 to {_MAX_ID} characters")
    _require(len(machine.host) <= _MAX_TEXT, "the host's name is too long")
    _require(
        len(machine.codecs) <= _MAX_CODECS and all(len(name) <= _MAX_TEXT for name in machine.codecs),
        "too many codecs, or too long names of them",
    )
    _check_gpus(machine.gpus)


def checked_load(message: ReportLoad) -> Load:
    """The report's load, with percentages in 0 to 100. Raises `Malformed`."""
    load = message.load
    _require(0 < len(message.worker_id) <= _MAX_ID, f"worker_id must have 1 to {_MAX_ID} characters")
    _require(message.state is not WorkerState.LOST, "a worker that reports is not lost")
    _require(0 <= message.incarnation <= _MAX_INCARNATION, "incarnation is out of range")
    _require(math.isfinite(load.cpu_percent), "cpu_percent is not a number")
    _require(0 <= load.memory_available <= _MAX_BYTES, "memory_available is out of range")
    _require(0 <= load.running_jobs <= _MAX_INCARNATION, "running_jobs is out of range")
    _check_gpus(load.gpus)
    gpus = tuple(replace(gpu, utilisation_percent=_percent(gpu.utilisation_percent)) for gpu in load.gpus)
    return replace(load, cpu_percent=_percent(load.cpu_percent), gpus=gpus)


def _check_gpus(gpus: tuple[Gpu, ...]) -> None:
    _require(len(gpus) <= _MAX_GPUS, f"a worker may have at most {_MAX_GPUS} GPUs")
    for gpu in gpus:
        _require(0 <= gpu.index < _MAX_CORES, "a GPU's index is out of range")
        _require(len(gpu.name) <= _MAX_TEXT, "a GPU's name is too long")
        _require(0 <= gpu.memory_total <= _MAX_BYTES, "a GPU's memory_total is out of range")
        _require(0 <= gpu.memory_used <= _MAX_BYTES, "a GPU's memory_used is out of range")
        _require(math.isfinite(gpu.utilisation_percent), "a GPU's utilisation_percent is not a number")


def _percent(value: float) -> float:
    return min(max(value, 0.0), 100.0)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Malformed(otherwise)
