"""URLs that want to be told what happens, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class WebhookEvent(StrEnum):
    """What a webhook may be told of."""

    WORKLOAD_COMPLETED = "workload.completed"  # all that was uploaded is filtered or has failed for good
    WORKLOAD_CANCELLED = "workload.cancelled"
    TEST = "webhook.test"  # sent when somebody asks for it, to whatever webhook


SUBSCRIBABLE = (WebhookEvent.WORKLOAD_COMPLETED, WebhookEvent.WORKLOAD_CANCELLED)


class DeliveryState(StrEnum):
    """Life of a delivery: waiting -> delivered | failed; failed -> waiting when it is asked for again."""

    WAITING = "waiting"  # to be sent, or to be sent again
    DELIVERED = "delivered"  # answered with a 2xx
    FAILED = "failed"  # given up


@dataclass(frozen=True, slots=True)
class Webhook:
    id: str
    user_id: str
    user_name: str
    name: str  # what its maker calls it
    url: str
    events: tuple[WebhookEvent, ...]
    workload_id: str | None  # only of this one; None: of all of its user's
    sealed_secret: str = field(repr=False)
    created_at: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook. Its id stays the same however often it is sent."""

    id: str
    webhook_id: str
    event: WebhookEvent
    workload_id: str | None  # that it tells of
    body: str  # what is sent, as a JSON text
    created_at: float
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    due_at: float | None = None  # when it is to be sent next; while it is sent, when it is taken for lost
    attempted_at: float | None = None
    answer: int | None = None  # HTTP status of the last attempt; None: there was none
    reason: str | None = None  # why the last attempt did not deliver it


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that is somebody's to send: attempt number `attempt`, counted from 1."""

    delivery: Delivery
    webhook: Webhook
    attempt: int
    spent: int  # attempts before it was asked for again: they count no more against it


@dataclass(frozen=True, slots=True)
class Attempted:
    """What came of an attempt at a delivery."""

    delivery_id: str
    attempt: int
    at: float
    state: DeliveryState
    due_at: float | None = None  # when it is tried again, where it waits
    answer: int | None = None
    reason: str | None = None
