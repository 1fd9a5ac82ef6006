"""Deliveries on their way to webhooks: whose are due, whose attempt it is, and what came of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import bindparam, delete, func, select, update

from datastore import rows
from datastore.database import Database
from datastore.schema import IS_WAITING, deliveries, users, webhooks
from datastore.webhooks import SELECT_WEBHOOK, delivery_of, remove_of_no_workload, webhook_of
from dpip.domain import Attempted, ClaimedDelivery, DeliveryState
from dpip.ports import DueWebhook

_DUE = (
    select(deliveries.c.webhook_id, webhooks.c.user_id)
    .select_from(
        deliveries.join(webhooks, webhooks.c.id == deliveries.c.webhook_id).join(
            users, users.c.id == webhooks.c.user_id
        )
    )
    .where(IS_WAITING, deliveries.c.due_at <= bindparam("now"), users.c.disabled.is_(False))
    .group_by(deliveries.c.webhook_id, webhooks.c.user_id)
    .order_by(func.min(deliveries.c.due_at))
)
_NEXT = (
    select(deliveries)
    .where(
        deliveries.c.webhook_id == bindparam("of_webhook"),
        IS_WAITING,
        deliveries.c.due_at <= bindparam("now"),
    )
    .order_by(deliveries.c.due_at)
    .limit(1)
    .with_for_update()
)
_CLAIM = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("of_id"))
    .values(attempts=deliveries.c.attempts + 1, due_at=bindparam("until"))
)
_SETTLE = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("of_id"), deliveries.c.attempts == bindparam("of_attempt"), IS_WAITING
    )
    .values(
        state=bindparam("new_state"),
        due_at=bindparam("next_at"),
        attempted_at=bindparam("at"),
        answer=bindparam("given"),
        reason=bindparam("why"),
    )
)


class SqlOutbox:
    """`dpip.ports.Outbox` over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: float, busy: Collection[str], limit: int) -> tuple[DueWebhook, ...]:
        statement = _DUE.where(
            deliveries.c.webhook_id.not_in(sorted(busy)), webhooks.c.user_id.not_in(sorted(busy))
        ).limit(limit)
        with self._database.read() as connection:
            return tuple(
                DueWebhook(row.webhook_id, row.user_id) for row in connection.execute(statement, {"now": now})
            )

    def claim(self, webhook_id: str, now: float, lease_until: float) -> ClaimedDelivery | None:
        with self._database.write() as connection:
            row = connection.execute(_NEXT, {"of_webhook": webhook_id, "now": now}).one_or_none()
            of_it = connection.execute(SELECT_WEBHOOK.where(webhooks.c.id == webhook_id)).one_or_none()
            if row is None or of_it is None:
                return None
            connection.execute(_CLAIM, {"of_id": row.id, "until": lease_until})
        attempt = row.attempts + 1
        claimed = replace(delivery_of(row), attempts=attempt, due_at=lease_until)
        return ClaimedDelivery(claimed, webhook_of(of_it), attempt, row.spent)

    def settle(self, attempted: Attempted) -> bool:
        values = {
            "of_id": attempted.delivery_id,
            "of_attempt": attempted.attempt,
            "new_state": attempted.state.value,
            "next_at": attempted.due_at,
            "at": attempted.at,
            "given": attempted.answer,
            "why": rows.storable(attempted.reason),
        }
        with self._database.write() as connection:
            return connection.execute(_SETTLE, values).rowcount > 0

    def forget(self, before: float) -> int:
        old = (deliveries.c.state != DeliveryState.WAITING.value) & (deliveries.c.attempted_at < before)
        with self._database.write() as connection:
            count = connection.execute(delete(deliveries).where(old)).rowcount
            remove_of_no_workload(connection)
        return count
