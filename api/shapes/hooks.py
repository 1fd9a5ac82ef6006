"""Webhooks and their deliveries."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from api.shapes.common import Cursor, Id, Moment
from dpip.domain import DeliveryState, WebhookEvent


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
    payload: Annotated[dict[str, Any], Field(description="what is sent: type, timestamp and data")]


class Deliveries(TypedDict):
    """A page of deliveries."""

    deliveries: list[Delivery]
    next: Cursor
