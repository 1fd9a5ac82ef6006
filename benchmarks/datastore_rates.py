"""Jobs per second through the datastore: `python -m benchmarks.datastore_rates [URL] [QUEUED ...]`.

For each length of the queue: fill it by plain SQL, then add uploads one by one, and choose, claim and
finish batches, with what that costs. Without a URL: SQLite in a temporary folder.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert, update

from datastore import Datastore, open_datastore
from datastore.engines import connect
from datastore.schema import images, jobs, workloads
from dpip import ids
from dpip.domain import (
    ClaimedJob,
    ImageFacts,
    Needs,
    Outcome,
    Placement,
    Role,
    Success,
    Timings,
    Token,
    User,
    Workload,
    login_scopes,
)
from dpip.ports import NewOriginal

BATCH = 64
ADDS = 1000
ROUNDS = 40
FILL = 50_000
LENGTHS = (1_000, 100_000, 1_000_000)
FACTS = ImageFacts("jpeg", 4000, 3000, 4_000_000, "0" * 64)
NEEDS = Needs(12.0, 200_000_000)


def fill(url: str, workload: Workload, count: int) -> None:
    """Queue `count` jobs in one go per `FILL`."""
    database = connect(url)
    facts = {"format": "jpeg", "width": 4000, "height": 3000, "size_bytes": 4_000_000, "sha256": "0" * 64}
    for start in range(1, count + 1, FILL):
        seqs = range(start, min(start + FILL, count + 1))
        rows = [
            {"id": ids.original_id(workload.id, seq), "workload_id": workload.id, "seq": seq} for seq in seqs
        ]
        with database.write() as connection:
            connection.execute(
                insert(images),
                [
                    row
                    | facts
                    | {"kind": "original", "key": f"{workload.name}/{row['id']}.jpg", "created_at": 0.0}
                    for row in rows
                ],
            )
            connection.execute(
                insert(jobs),
                [
                    row
                    | {"state": "queued", "attempt": 0, "deaths": 0, "queued_at": 0.0}
                    | {"megapixels": 12.0, "memory_bytes": 200_000_000}
                    for row in rows
                ],
            )
    with database.write() as connection:
        of_workload = update(workloads).where(workloads.c.id == workload.id)
        connection.execute(of_workload.values(queued=count, next_seq=count + 1))
    database.close()


def timed(what: str, count: int, run: Callable[[], object]) -> None:
    """Print the rate of `run`, which handles `count` jobs."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"  {what:<12} {count / wall:>9,.0f} per s   {cpu / count * 1000:8.3f} ms of CPU each", flush=True)


def measure(store: Datastore, url: str, queued: int) -> None:
    """All operations with `queued` jobs waiting."""
    now = time.time()
    workload = Workload(ids.time_ordered_id(now), f"queue {queued}", "ann", "grayscale", (), now)
    store.catalog.create_workload(workload)
    fill(url, workload, queued)
    epoch = store.leadership.take("benchmark", now, now + 3600)
    if epoch is None:
        raise SystemExit("somebody else leads: this needs a datastore of its own")
    user = User(f"user {queued}", f"user {queued}", "", Role.USER)
    store.accounts.add_user(user)
    token = Token(f"token {queued}", user.id, None, "benchmark", login_scopes(user.role), now, now + 3600)
    store.tokens.add(token, f"hash {queued}")
    new = NewOriginal(workload.id, "photo.jpg", "jpg", FACTS, NEEDS)
    rounds = min(ROUNDS, queued // BATCH)
    batches: list[tuple[ClaimedJob, ...]] = []

    def choose() -> None:
        for _ in range(rounds):
            store.queue.candidates(BATCH, BATCH, frozenset())

    def choose_and_claim() -> None:
        for _ in range(rounds):
            chosen = store.queue.candidates(BATCH, BATCH, frozenset())
            placements = [Placement(job.id, "worker", "it is idle") for job in chosen]
            batches.append(store.queue.claim(placements, epoch, now, now + 60))

    def finish() -> None:
        for batch in batches:
            store.queue.finish([success(one) for one in batch], now, 3)

    def success(claimed: ClaimedJob) -> Outcome:
        key = ids.result_key(workload.name, claimed.job.id, claimed.attempt, "jpg")
        return Outcome(claimed.job.id, claimed.attempt, "worker", Success(key, FACTS), Timings())

    print(f"{queued:,} jobs queued, batches of {BATCH}")
    timed("add", ADDS, lambda: [store.catalog.add_original(new, lambda _key: None, now) for _ in range(ADDS)])
    timed("choose", rounds * BATCH, choose)
    timed("choose+claim", rounds * BATCH, choose_and_claim)
    timed("finish", rounds * BATCH, finish)
    timed("status", ADDS, lambda: [store.catalog.workload(workload.id, None) for _ in range(ADDS)])
    timed("find_caller", ADDS, lambda: [store.tokens.find_caller(f"hash {queued}", now) for _ in range(ADDS)])
    timed("running", 1, store.queue.running)
    timed("filtered_ids", 1, lambda: store.catalog.filtered_ids([workload.id]))
    timed("cancel", queued, lambda: store.catalog.cancel_workload(workload.id, now))
    timed("delete", queued, lambda: store.catalog.delete_workload(workload.id))


def main(arguments: list[str]) -> None:
    """Measure each length of the queue in turn."""
    lengths = [int(argument) for argument in arguments if argument.isdigit()] or list(LENGTHS)
    urls = [argument for argument in arguments if not argument.isdigit()]
    with tempfile.TemporaryDirectory() as folder:
        url = urls[0] if urls else f"sqlite:///{Path(folder) / 'rates.sqlite3'}"
        with open_datastore(url) as store:
            for queued in lengths:
                measure(store, url, queued)


if __name__ == "__main__":
    main(sys.argv[1:])
