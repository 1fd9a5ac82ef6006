"""What happens to workloads becomes deliveries to webhooks, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, update

from datastore import rows
from datastore.direct import fetch
from datastore.one_of import OneOf, listed
from datastore.schema import IS_WAITING, deliveries, users, webhooks, workloads
from dpip import ids, webhook_bodies
from dpip.domain import DeliveryState, VideoState, WebhookEvent

SETTLING_S = 1.0  # an event waits so long: what comes in it of the same kind and workload is told as one

_HAPPENED = {
    WebhookEvent.WORKLOAD_COMPLETED: or_(
        and_(
            workloads.c.video.is_(None),
            workloads.c.queued == 0,
            workloads.c.running == 0,
            workloads.c.done + workloads.c.failed > 0,
        ),
        workloads.c.video == VideoState.DONE,
        workloads.c.video == VideoState.FAILED,
    ),
    WebhookEvent.WORKLOAD_CANCELLED: workloads.c.cancelled_at.is_not(None),
}
# A webhook that is locked so cannot be removed before its delivery is in.
_LISTENING = {
    event: select(webhooks.c.id, webhooks.c.events, workloads.c.id)
    .select_from(
        webhooks.join(users, users.c.id == webhooks.c.user_id).join(
            workloads, workloads.c.owner_id == webhooks.c.user_id
        )
    )
    .where(
        OneOf(workloads.c.id, "workload_ids"),
        or_(webhooks.c.workload_id.is_(None), webhooks.c.workload_id == workloads.c.id),
        users.c.disabled.is_(False),
        happened,
    )
    .with_for_update(of=webhooks, read=True, key_share=True)
    for event, happened in _HAPPENED.items()
}
_WORKLOAD = select(workloads).where(workloads.c.id == bindparam("id"))
_RENEW = (
    update(deliveries)
    .where(
        deliveries.c.webhook_id == bindparam("of_webhook"),
        deliveries.c.workload_id == bindparam("of_workload"),
        deliveries.c.event == bindparam("of_event"),
        deliveries.c.attempts == 0,
        IS_WAITING,
    )
    .values(body=bindparam("new_body"))
)


def tell(connection: Connection, event: WebhookEvent, workload_ids: Collection[str], now: float) -> None:
    """Put the event in the outbox for each of these workloads of which it is true by now, and each webhook
    that wants to know. One that waits to be sent for the first time is brought up to date instead: who
    uploads picture by picture to a quick system is told once in a while, not at each."""
    values = {"workload_ids": listed(workload_ids)}
    for webhook_id, events, workload_id in fetch(connection, _LISTENING[event], values):
        if event.value in events.split():
            _put(connection, event, webhook_id, workload_id, now)


def _put(connection: Connection, event: WebhookEvent, webhook_id: str, workload_id: str, now: float) -> None:
    workload = rows.workload(connection.execute(_WORKLOAD, {"id": workload_id}).one())
    body = webhook_bodies.of_workload(event, workload, now)
    values = {
        "of_webhook": webhook_id,
        "of_workload": workload_id,
        "of_event": event.value,
        "new_body": body,
    }
    if connection.execute(_RENEW, values).rowcount:
        return
    new = {
        "id": ids.time_ordered_id(now),
        "webhook_id": webhook_id,
        "event": event.value,
        "workload_id": workload_id,
        "body": body,
        "created_at": now,
        "state": DeliveryState.WAITING.value,
        "attempts": 0,
        "spent": 0,
        "due_at": now + SETTLING_S,
    }
    connection.execute(insert(deliveries), new)
