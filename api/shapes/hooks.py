"""Webhooks and their deliveries."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from api.shapes.common import Cursor, Id, Moment
from api.shapes.work import Count
from dpip.domain import DeliveryState, VideoState, WebhookEvent, WorkloadStatus


class Webhook(TypedDict):
    """A URL that is told what happens."""

    webhook_id: Id
    name: str
    url: str
    events: list[WebhookEvent]
    workload_id: Annotated[Id | None, Field(description="told of this one only; null: of all its user's")]
    user: Annotated[str, Field(description="whose it is")]
    created_at: Moment | None


class NewWebhook(Webhook):
    """With the secret by which its receiver knows what comes from here."""

    secret: Annotated[str, Field(description="shown this once; for the receiver", pattern="^whsec_")]


class Webhooks(TypedDict):
    """A page of webhooks."""

    webhooks: list[Webhook]
    next: Cursor


class WorkloadTold(TypedDict):
    """How a workload stood when it happened."""

    workload_id: Id
    workload_name: str
    status: WorkloadStatus
    cancelled: bool
    total: Count
    done: Count
    failed: Count
    video: Annotated[VideoState | None, Field(description="of its video; null: it takes images")]


class WorkloadMessage(TypedDict):
    """Sent when a workload is completed or cancelled."""

    type: Literal["workload.completed", "workload.cancelled"]
    timestamp: Moment
    data: WorkloadTold


class WebhookTold(TypedDict):
    """Which webhook is tried out."""

    webhook_id: Id
    name: str


class WebhookMessage(TypedDict):
    """Sent when somebody tries a webhook out."""

    type: Literal["webhook.test"]
    timestamp: Moment
    data: WebhookTold


class Delivery(TypedDict):
    """One event on its way to a webhook, or there."""

    delivery_id: Annotated[Id, Field(description="the receiver gets it as webhook-id, every time the same")]
    webhook_id: Id
    event: WebhookEvent
    workload_id: Id | None
    state: DeliveryState
    attempts: Annotated[int, Field(ge=0)]
    created_at: Moment | None
    last_attempt_at: Moment | None
    last_status: Annotated[int | None, Field(description="HTTP status of the last answer")]
    last_error: Annotated[str | None, Field(description="why the last attempt did not deliver it")]
    next_attempt_at: Annotated[Moment | None, Field(description="null when it is over")]
    payload: Annotated[WorkloadMessage | WebhookMessage, Field(description="what is sent")]


class Deliveries(TypedDict):
    """A page of deliveries."""

    deliveries: list[Delivery]
    next: Cursor
