"""What the scheduler and the workers agree on to meet inside Ray.

The actor of a worker has these methods (see `worker.actor`):

    run(batch: list[ClaimedJob])       streaming generator of list[Outcome], as they finish
    cancel(jobs: list[tuple[str, int]])  skip these (job id, attempt) pairs if they are still running
    running() -> int                   jobs in it now
"""

from __future__ import annotations

RAY_NAMESPACE = "dpip"


def actor_name(worker_id: str, incarnation: int) -> str:
    """A new incarnation of a worker's actor never meets calls that were meant for the one before."""
    return f"worker-{worker_id}-{incarnation}"
