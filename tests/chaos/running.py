"""One run: a system, its clients, the faults, and the stock at the end."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import psutil

from tests.chaos import bytes_and_rows, recovery, report
from tests.chaos.clients import ChaosClient, Numbers, Work
from tests.chaos.faults import Attacker, possible
from tests.chaos.journal import Journal
from tests.chaos.ledger import PROBES_FROM, Ledger
from tests.chaos.material import Material
from tests.chaos.place import place
from tests.chaos.report import Run
from tests.chaos.schedule import schedule
from tests.chaos.stock import Stock, everything, replay_what_failed, take_stock
from tests.chaos.victim import WORKERS, Victim
from tests.system.client import Client
from tests.system.system import System, eventually

PIPELINES = ("grayscale", "blur:sigma=2", "resize:width=32,height=32|grayscale")
READY_WITHIN_S = 180.0
PROBE_WITHIN_S, PROBE_EACH_S = 120.0, 0.1
SETTLED_WITHIN_S = 600.0


@dataclass(frozen=True)
class Plan:
    seed: int
    seconds: float  # of uploads and faults
    images: int
    faults: int
    clients: int
    only: frozenset[str] = frozenset()  # kinds; empty: all
    two_hosts: bool = True
    apart: bool = False  # each fault waits until work goes on after the one before


def run(plan: Plan, folder: Path, command: str) -> Run:
    journal = Journal(folder / "journal.jsonl")
    with place(folder, two_hosts=plan.two_hosts) as where, contextlib.closing(journal):
        begun = time.monotonic()
        victim = Victim(where, journal)
        stock, spans = Stock(), (recovery.Spans.of([]), recovery.Spans.of([]))
        ledger, swept, left = Ledger(), 0, []
        try:
            client = victim.client()
            _ready(victim, client)
            journal.note("ready", after_s=time.monotonic() - begun)
            work = _work(plan, client, ledger, journal)
            _storm(plan, victim, client, work, journal)
            spans = _settle(victim, client, work, stock, journal)
            client.close()
        except BaseException as error:
            journal.note("broken", why=repr(error), processes=victim.describe())
            stock.violations.append(f"the run broke: {error!r}")
            if not isinstance(error, Exception):
                raise
        finally:
            left = victim.stop()
            _keep_evidence(where.home, folder / "evidence")
        swept, wrong = bytes_and_rows.compare(where.home)
        stock.violations += [*ledger.violations, *wrong, *(f"left behind: {words}" for words in left)]
        ended = {entry["number"]: entry["at"] for entry in journal.of("ended")}
        done = Run(
            command,
            plan.seed,
            time.monotonic() - begun,
            _machine(),
            len(ledger.uploads()),
            recovery.rows(journal.of("fault"), ended, *spans),
            stock,
            swept,
            where.missing,
            len(journal.of("start refused")),
            stock.violations,
        )
    report.write(done, folder)
    return done


def _ready(victim: Victim, client: Client) -> None:
    count = WORKERS + (victim.there is not None)
    try:
        eventually(lambda: _alive(client) >= count, f"{count} workers alive", READY_WITHIN_S)
    except TimeoutError:
        victim.journal.note("workers", workers=client.ask("GET", "/workers")["workers"])
        raise


def _keep_evidence(home: Path, evidence: Path) -> None:
    """All but the images: the small disk is gone after this."""
    shutil.copytree(home, evidence, ignore=shutil.ignore_patterns("images", "secrets"), dirs_exist_ok=True)


def _alive(client: Client) -> int:
    with contextlib.suppress(Exception):  # whatever the faults leave of an answer
        return System.alive(client)
    return 0


def _work(plan: Plan, client: Client, ledger: Ledger, journal: Journal) -> Work:
    workloads = {client.create(f"chaos {n}", one): one for n, one in enumerate(PIPELINES)}
    journal.note("workloads", ids=workloads)
    numbers = range(plan.images)
    return Work(ledger, journal, Material(plan.seed), workloads, numbers, plan.images / plan.seconds)


def _storm(plan: Plan, victim: Victim, client: Client, work: Work, journal: Journal) -> None:
    """Clients and faults, until both are through."""
    numbers = Numbers(work)
    clients = [_another(client, f"client-{n}", work, numbers, plan.seed) for n in range(plan.clients)]
    for one in clients:
        one.thread.start()
    attacker = Attacker(victim, journal)
    kinds = possible(victim) & plan.only if plan.only else possible(victim)
    done, due, until = 0, time.monotonic(), time.monotonic() + plan.seconds
    for fault in schedule(plan.seed, plan.seconds / max(plan.faults, 1), kinds):
        due += fault.after_s
        if done >= plan.faults or max(due, time.monotonic()) > until:
            break
        time.sleep(max(due - time.monotonic(), 0.0))
        if attacker.begin(fault):
            done += 1
            if plan.apart:
                attacker.wait()
                _probe(client, work, PROBES_FROM + fault.number)
        else:
            journal.note("nothing to harm", kind=fault.kind)
    attacker.wait()
    journal.note("storm over", faults=done)
    for one in clients:
        one.thread.join()


def _another(client: Client, name: str, work: Work, numbers: Numbers, seed: int) -> ChaosClient:
    return ChaosClient(name, client, work, numbers, seed)


def _probe(client: Client, work: Work, number: int) -> None:
    """One more upload; returns when its result is there, or it is plain that it is not coming soon."""
    until = time.monotonic() + PROBE_WITHIN_S
    one = ChaosClient("probe", client, work, Numbers(work), 0)
    image_id = one.upload(number)
    while image_id and time.monotonic() < until:
        status, _ = one.ask("GET", f"/images/{image_id}-filtered", raw=True)
        if status == HTTPStatus.OK:
            return
        time.sleep(PROBE_EACH_S)
    work.journal.note("probe is late", number=number, id=image_id)


def _settle(
    victim: Victim, client: Client, work: Work, stock: Stock, journal: Journal
) -> tuple[recovery.Spans, recovery.Spans]:
    """No more faults: everything ends, what failed passingly is tried again, and stock is taken."""
    _ready(victim, client)
    for workload_id in work.workloads:
        client.wait(workload_id, SETTLED_WITHIN_S)
    journal.note("settled")
    jobs = [
        (_seconds(job["started_at"]), _seconds(job["finished_at"]))
        for workload_id in work.workloads
        for job in everything(client, f"/workloads/{workload_id}/jobs", "jobs")
        if job["started_at"] and job["finished_at"]
    ]
    replay_what_failed(client, work, stock)
    for workload_id in work.workloads:
        client.wait(workload_id, SETTLED_WITHIN_S)
    take_stock(client, work, stock)
    uploads = [(entry["begun"], entry["at"]) for entry in journal.of("accepted")]
    return recovery.Spans.of(uploads), recovery.Spans.of(jobs)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _machine() -> str:
    load = ", ".join(f"{one:.0f}" for one in os.getloadavg())
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} (load {load})"
