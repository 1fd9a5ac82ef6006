"""Webhooks: URLs of users that are told what happens."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request

from api import presenting
from api.description import bodies, parameters
from api.description.operation import operation
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.people.trail import Trail
from api.shapes import hooks
from api.web import fields, paging
from api.web.turns import Turns
from api.webhooks.new import chosen_events, chosen_name, chosen_target
from dpip.domain import Action, Caller, Webhook
from dpip.ids import time_ordered_id
from webhooks import new_secret


def blueprint(parts: Parts, guard: Guard, trail: Trail) -> Blueprint:
    """The routes below /webhooks."""
    routes = Blueprint("webhooks", __name__)
    bounds = parts.bounds
    forms = Turns(bounds.forms_at_once, bounds.form_wait_s, bounds.forms_waiting, "forms")

    def theirs(webhook_id: str) -> Webhook:
        return visible.webhook(parts, guard.caller, webhook_id)

    @routes.get("/webhooks")
    @operation("your webhooks, newest first", gives=hooks.Webhooks, parameters=parameters.PAGES)
    @guard.reads
    def every() -> Response:
        whose = visible.owner_filter(guard.caller)
        page = parts.webhooks.webhooks(whose, limit=paging.limit(), after=paging.after())
        return jsonify(webhooks=[presenting.webhook(item) for item in page.items], next=page.next)

    @routes.post("/webhooks")
    @operation(
        "url, name, events, workload_id -> a webhook, whose secret is shown this once",
        gives=hooks.NewWebhook,
        status=HTTPStatus.CREATED,
        takes=bodies.NEW_WEBHOOK,
        refuses=(404, 409, 413, 422),
        more="What happens to your workloads is sent to the URL as JSON, signed as the Standard Webhooks "
        "specification has it, at least once, and again for hours where it is not answered with a 2xx.",
    )
    @guard.writes
    def make() -> tuple[Response, int]:
        caller = guard.caller
        with forms.turn(caller.user_id):  # names may take long to resolve
            made, secret = _made(parts, caller, fields.read_fields(request))
        parts.webhooks.add(made, bounds.webhooks_per_user)
        trail.did(Action.WEBHOOK_MADE, caller.user_name, made.id, presenting.origin(made.url))
        return jsonify(**presenting.webhook(made), secret=secret), HTTPStatus.CREATED

    @routes.get("/webhooks/<webhook_id>")
    @operation("one webhook", gives=hooks.Webhook)
    @guard.reads
    def show(webhook_id: str) -> Response:
        return jsonify(presenting.webhook(theirs(webhook_id)))

    @routes.delete("/webhooks/<webhook_id>")
    @operation("remove it, with what waits for it", gives=hooks.Webhook)
    @guard.writes
    def delete(webhook_id: str) -> Response:
        webhook = theirs(webhook_id)
        if not parts.webhooks.remove(webhook.id):
            raise visible.unknown_webhook(webhook_id)
        trail.did(Action.WEBHOOK_DELETED, guard.caller.user_name, webhook.id, presenting.origin(webhook.url))
        return jsonify(presenting.webhook(webhook))

    return routes


def _made(parts: Parts, caller: Caller, given: fields.Fields) -> tuple[Webhook, str]:
    """With its secret. Raises `Malformed`, `NotFound` and `Unprocessable`."""
    workload_id = fields.text(given, "workload_id")
    if workload_id is not None and parts.catalog.workload(workload_id, caller.user_id) is None:
        raise visible.unknown_workload(workload_id)
    url, target = chosen_target(given, parts.bounds.webhook_allowance, parts.resolve)
    secret, now = new_secret(), parts.clock()
    made = Webhook(
        id=time_ordered_id(now),
        user_id=caller.user_id,
        user_name=caller.user_name,
        name=chosen_name(given) or target.host,
        url=url,
        events=chosen_events(given.get("events")),
        workload_id=workload_id,
        sealed_secret=parts.sealer.seal(secret),
        created_at=now,
    )
    return made, secret
