"""What the datastore knows, as Prometheus likes to have it; read when it is asked for.

These are of the whole system, and the same whichever API is asked.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.parts import Parts
from api.watching.surroundings import of_controller, of_store
from api.workloads.view import filter_names
from dpip import __version__
from dpip.domain import JobState, Worker, WorkerState

MAX_FILTERS = 50  # series beyond that are one, `other`
OTHER = "other"
Labelled: TypeAlias = dict[tuple[str, ...], float]


class Figures(Collector):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked for when this is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        begun = time.perf_counter()
        yield _gauge("dpip_info", "The release.", {(__version__,): 1.0}, ("version",))
        yield from self._jobs()
        yield from self._done()
        yield from _workers(self._parts.register.workers(gone_since=self._parts.clock() - 3600.0), self._now)
        told, waiting = "Deliveries to webhooks that wait.", self._parts.webhooks.waiting()
        yield GaugeMetricFamily("dpip_webhooks_waiting", told, value=waiting)
        size = self._parts.history.size_bytes()
        yield GaugeMetricFamily("dpip_datastore_bytes", "Size of the database.", value=size)
        took = time.perf_counter() - begun
        yield GaugeMetricFamily("dpip_datastore_seconds", "Time these figures took the database.", value=took)
        yield from of_store(self._parts)
        yield from of_controller(self._parts)

    @property
    def _now(self) -> float:
        return self._parts.clock()

    def _jobs(self) -> Iterator[Metric]:
        backlog, now = self._parts.history.backlog(), self._now
        yield _gauge("dpip_jobs", "Jobs there are.", _by_filter(backlog.jobs), ("filter", "state"))
        oldest = 0.0 if backlog.oldest_queued_at is None else max(0.0, now - backlog.oldest_queued_at)
        yield GaugeMetricFamily("dpip_queue_age_seconds", "How long the first job has waited.", value=oldest)
        waiting = [item.megapixels for item in self._parts.queue.waiting().values()]
        if None not in waiting:
            value = sum(item or 0.0 for item in waiting)
            yield GaugeMetricFamily("dpip_queue_megapixels", "What is queued, in megapixels.", value=value)
        leads = float(backlog.leads_until is not None and backlog.leads_until > now)
        yield GaugeMetricFamily("dpip_scheduler_leads", "1 while a scheduler places jobs.", value=leads)

    def _done(self) -> Iterator[Metric]:
        total = self._parts.history.total()
        ended = CounterMetricFamily("dpip_attempts", "Attempts that ended.", labels=("outcome",))
        for outcome in ("done", "failed", "again"):
            ended.add_metric((outcome,), getattr(total, outcome))
        yield ended
        yield CounterMetricFamily("dpip_megapixels", "Originals that are done.", value=total.megapixels)
        yield CounterMetricFamily("dpip_busy_seconds", "Seconds of work on what is done.", value=total.busy_s)


def _gauge(name: str, about: str, values: Labelled, labels: tuple[str, ...]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=labels)
    for told, value in values.items():
        family.add_metric(told, value)
    return family


def _by_filter(jobs: Mapping[str, Mapping[JobState, int]]) -> Labelled:
    """By names of filters and state; the largest ones by name."""
    names = Counter[str]()
    for pipeline, states in jobs.items():
        names[filter_names(pipeline)] += sum(states.values())
    shown = {name for name, _ in names.most_common(MAX_FILTERS)}
    sums = Counter[tuple[str, ...]]()
    for pipeline, states in jobs.items():
        name = filter_names(pipeline)
        for state, count in states.items():
            sums[name if name in shown else OTHER, state.value] += count
    return {key: float(count) for key, count in sums.items()}


def _workers(workers: tuple[Worker, ...], now: float) -> Iterator[Metric]:
    states = Counter(worker.state for worker in workers)
    by_state: Labelled = {(state.value,): float(states[state]) for state in WorkerState}
    yield _gauge("dpip_workers", "Workers, those that went within the hour, too.", by_state, ("state",))
    here = [worker for worker in workers if worker.state in {WorkerState.ALIVE, WorkerState.DRAINING}]
    yield _of_each("cores", "Jobs that it runs at once.", {w.name: w.machine.cores for w in here})
    silent = {w.name: max(0.0, now - w.last_report_at) for w in here}
    yield _of_each("silent_seconds", "Since its last report, which came by the bus.", silent)
    told = [(worker, worker.load) for worker in here if worker.load is not None]
    yield _of_each("cpu_percent", "Of its machine.", {w.name: load.cpu_percent for w, load in told})
    yield _of_each("running_jobs", "Now.", {w.name: load.running_jobs for w, load in told})
    total = {w.name: w.machine.memory_total for w in here}
    yield _of_each("memory_total_bytes", "Of its machine.", total)
    free = {w.name: load.memory_available for w, load in told}
    yield _of_each("memory_available_bytes", "Of its machine.", free)
    gpus = {(w.name, str(gpu.index)): gpu for w, load in told for gpu in load.gpus}
    use: Labelled = {key: gpu.utilisation_percent for key, gpu in gpus.items()}
    yield _gauge("dpip_worker_gpu_percent", "Of one GPU.", use, ("worker", "gpu"))
    used: Labelled = {key: float(gpu.memory_used) for key, gpu in gpus.items()}
    yield _gauge("dpip_worker_gpu_memory_used_bytes", "Of one GPU.", used, ("worker", "gpu"))


def _of_each(name: str, about: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    by_worker: Labelled = {(worker,): float(value) for worker, value in values.items()}
    return _gauge(f"dpip_worker_{name}", about, by_worker, ("worker",))
