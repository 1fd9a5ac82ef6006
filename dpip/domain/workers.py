"""Workers, their machines and their load."""

from __future__ import annotations

from dataclasses import dataclass

from dpip.domain.states import WorkerState


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as NVML describes it, with its use at the time of the report."""

    index: int
    name: str
    memory_total: int
    memory_used: int = 0
    utilisation_percent: float = 0.0


@dataclass(frozen=True, slots=True)
class Machine:
    """What a worker says of itself when it subscribes."""

    host: str
    cores: int  # how many jobs it runs side by side
    memory_total: int
    gpus: tuple[Gpu, ...] = ()
    codecs: tuple[str, ...] = ()  # libraries with versions that have a say in a result's bytes


@dataclass(frozen=True, slots=True)
class Load:
    """What a worker says of itself in each report."""

    cpu_percent: float  # of the whole machine, 0 to 100
    memory_available: int
    running_jobs: int
    gpus: tuple[Gpu, ...] = ()


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker in the register."""

    id: str
    name: str
    tags: tuple[str, ...]
    state: WorkerState
    machine: Machine
    load: Load | None  # None until its first report
    incarnation: int  # counts its Ray actors; a new one means that the old one's jobs are gone
    joined_at: float
    last_report_at: float
    instance: str = ""  # which process it is; one that starts itself over stays the same
