"""What was sent to webhooks or waits to be; trying one out, and sending again."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify

from api import presenting
from api.description import parameters
from api.description.operation import operation
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.shapes import hooks
from api.web import paging
from dpip import webhook_bodies
from dpip.domain import Delivery, DeliveryState, Webhook, WebhookEvent
from dpip.errors import NotFound
from dpip.ids import time_ordered_id

MOST_WAITING = 100  # deliveries of a webhook, beyond which no test is added
STATE = parameters.choice("state", DeliveryState, "in this state only")


def blueprint(parts: Parts, guard: Guard) -> Blueprint:
    """The routes below a webhook."""
    routes = Blueprint("deliveries", __name__)

    def theirs(webhook_id: str) -> Webhook:
        return visible.webhook(parts, guard.caller, webhook_id)

    @routes.post("/webhooks/<webhook_id>/test")
    @operation("send it a webhook.test", gives=hooks.Delivery, status=HTTPStatus.ACCEPTED)
    @guard.writes
    def test(webhook_id: str) -> tuple[Response, int]:
        webhook, now = theirs(webhook_id), parts.clock()
        body = webhook_bodies.of_test(webhook, now)
        event = WebhookEvent.TEST
        made = Delivery(time_ordered_id(now), webhook.id, event, None, body, now, due_at=now)
        parts.webhooks.add_delivery(made, MOST_WAITING)
        return jsonify(presenting.delivery(made)), HTTPStatus.ACCEPTED

    @routes.get("/webhooks/<webhook_id>/deliveries")
    @operation(
        "what was sent or waits to be, newest first",
        gives=hooks.Deliveries,
        parameters=(STATE, *parameters.PAGES),
    )
    @guard.reads
    def deliveries(webhook_id: str) -> Response:
        page = parts.webhooks.deliveries(
            theirs(webhook_id).id,
            state=paging.choice("state", DeliveryState),
            limit=paging.limit(),
            after=paging.after(),
        )
        return jsonify(deliveries=[presenting.delivery(item) for item in page.items], next=page.next)

    @routes.post("/webhooks/<webhook_id>/deliveries/<delivery_id>/redeliver")
    @operation("send what ended once more", gives=hooks.Delivery, status=HTTPStatus.ACCEPTED, refuses=(409,))
    @guard.writes
    def redeliver(webhook_id: str, delivery_id: str) -> tuple[Response, int]:
        again = parts.webhooks.deliver_again(theirs(webhook_id).id, delivery_id, parts.clock())
        if again is None:
            raise NotFound(
                f"there is no delivery {delivery_id!r}; GET /webhooks/{webhook_id}/deliveries lists them"
            )
        return jsonify(presenting.delivery(again)), HTTPStatus.ACCEPTED

    return routes
