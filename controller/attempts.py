"""What an attempt at a delivery comes to: done, tried again at a time, or given up."""

from __future__ import annotations

from dpip.domain import Attempted, ClaimedDelivery, DeliveryState
from webhooks import Answer, Schedule, Undelivered, Unsealable


def after(
    claimed: ClaimedDelivery,
    outcome: Answer | Undelivered | Unsealable,
    schedule: Schedule,
    now: float,
    chance: float,
) -> Attempted:
    """`chance` is evenly spread over 0 to 1, see `Schedule.wait_s`."""
    status = outcome.status if isinstance(outcome, Answer) else None
    reason = outcome.reason if isinstance(outcome, Answer) else str(outcome)

    def came_to(state: DeliveryState, due_at: float | None = None, more: str = "") -> Attempted:
        said = f"{reason}{more}" if reason else None
        return Attempted(claimed.delivery.id, claimed.attempt, now, state, due_at, status, said)

    if isinstance(outcome, Answer) and outcome.taken:
        return came_to(DeliveryState.DELIVERED)
    if isinstance(outcome, Answer) and outcome.gone:
        return came_to(DeliveryState.FAILED, more="; it wants nothing more")
    if isinstance(outcome, Unsealable):
        return came_to(DeliveryState.FAILED)
    failed = claimed.attempt - claimed.spent
    asked_s = outcome.retry_after_s if isinstance(outcome, Answer) else 0.0
    wait_s = schedule.wait_s(failed, chance, asked_s)
    if wait_s is None:
        return came_to(DeliveryState.FAILED, more=f"; given up after {failed} attempts")
    return came_to(DeliveryState.WAITING, now + wait_s)
