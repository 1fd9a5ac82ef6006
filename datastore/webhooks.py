"""Webhooks, and what was delivered to them."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update

from datastore.database import Database
from datastore.pages import page
from datastore.rows import AnyRow
from datastore.schema import IS_WAITING, deliveries, users, webhooks, workloads
from dpip.domain import Delivery, DeliveryState, Webhook, WebhookEvent
from dpip.errors import Conflict, NotFound, TooMany
from dpip.ports import Page

SELECT_WEBHOOK = select(webhooks, users.c.name.label("user_name")).join_from(
    webhooks, users, users.c.id == webhooks.c.user_id
)
_LOCK_USER = select(users.c.id).where(users.c.id == bindparam("id")).with_for_update()
_LOCK_WEBHOOK = select(webhooks.c.id).where(webhooks.c.id == bindparam("id")).with_for_update()
_HOW_MANY = select(func.count()).select_from(webhooks).where(webhooks.c.user_id == bindparam("id"))
_WAITING = select(func.count()).select_from(deliveries).where(IS_WAITING)
_WAITING_OF = (
    select(func.count()).select_from(deliveries).where(deliveries.c.webhook_id == bindparam("id"), IS_WAITING)
)
_ONE = select(deliveries).where(
    deliveries.c.webhook_id == bindparam("of_webhook"), deliveries.c.id == bindparam("of_id")
)
_AGAIN = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("of_id"))
    .values(state=DeliveryState.WAITING.value, due_at=bindparam("now"), spent=deliveries.c.attempts)
)
_WITH_WAITING = exists().where(deliveries.c.webhook_id == webhooks.c.id, IS_WAITING)
_OF_NO_WORKLOAD = delete(webhooks).where(
    webhooks.c.workload_id.is_not(None),
    ~exists().where(workloads.c.id == webhooks.c.workload_id),
    ~_WITH_WAITING,
)


class SqlWebhooks:
    """`dpip.ports.Webhooks` over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, webhook: Webhook, most: int) -> None:
        """Those of workloads that are gone make room first."""
        values = {
            "id": webhook.id,
            "user_id": webhook.user_id,
            "name": webhook.name,
            "url": webhook.url,
            "events": " ".join(webhook.events),
            "workload_id": webhook.workload_id,
            "sealed_secret": webhook.sealed_secret,
            "created_at": webhook.created_at,
        }
        with self._database.write() as connection:
            of_user = {"id": webhook.user_id}
            connection.execute(_LOCK_USER, of_user)
            connection.execute(_OF_NO_WORKLOAD.where(webhooks.c.user_id == webhook.user_id))
            if connection.execute(_HOW_MANY, of_user).scalar_one() >= most:
                raise Conflict(
                    f"you have {most:,} webhooks, which is the most; delete some"
                    if most
                    else "webhooks are turned off here"
                )
            connection.execute(insert(webhooks), values)

    def webhook(self, webhook_id: str, user_id: str | None) -> Webhook | None:
        with self._database.read() as connection:
            row = connection.execute(SELECT_WEBHOOK.where(webhooks.c.id == webhook_id)).one_or_none()
        return None if row is None or user_id not in {None, row.user_id} else webhook_of(row)

    def webhooks(self, user_id: str | None, *, limit: int = 100, after: str | None = None) -> Page[Webhook]:
        """Newest first."""
        statement = SELECT_WEBHOOK.order_by(webhooks.c.id.desc()).limit(limit + 1)
        if user_id is not None:
            statement = statement.where(webhooks.c.user_id == user_id)
        if after is not None:
            statement = statement.where(webhooks.c.id < after)
        with self._database.read() as connection:
            found = connection.execute(statement).all()
        return page([webhook_of(row) for row in found], limit, lambda item: item.id)

    def remove(self, webhook_id: str) -> bool:
        with self._database.write() as connection:
            connection.execute(_LOCK_WEBHOOK, {"id": webhook_id})
            connection.execute(delete(deliveries).where(deliveries.c.webhook_id == webhook_id))
            return connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id)).rowcount > 0

    def deliveries(
        self,
        webhook_id: str,
        *,
        state: DeliveryState | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[Delivery]:
        """Newest first."""
        statement = select(deliveries).where(deliveries.c.webhook_id == webhook_id)
        if state is not None:
            statement = statement.where(deliveries.c.state == state)
        if after is not None:
            statement = statement.where(deliveries.c.id < after)
        with self._database.read() as connection:
            found = connection.execute(statement.order_by(deliveries.c.id.desc()).limit(limit + 1)).all()
        return page([delivery_of(row) for row in found], limit, lambda item: item.id)

    def add_delivery(self, delivery: Delivery, most_waiting: int) -> None:
        of_webhook = {"id": delivery.webhook_id}
        values = {
            "id": delivery.id,
            "webhook_id": delivery.webhook_id,
            "event": delivery.event.value,
            "workload_id": delivery.workload_id,
            "body": delivery.body,
            "created_at": delivery.created_at,
            "state": delivery.state.value,
            "attempts": 0,
            "spent": 0,
            "due_at": delivery.due_at,
        }
        with self._database.write() as connection:
            if connection.execute(_LOCK_WEBHOOK, of_webhook).first() is None:
                raise NotFound(f"there is no webhook {delivery.webhook_id!r} any more")
            if connection.execute(_WAITING_OF, of_webhook).scalar_one() >= most_waiting:
                raise TooMany(f"{most_waiting:,} deliveries or more wait for this webhook already", 60.0)
            connection.execute(insert(deliveries), values)

    def deliver_again(self, webhook_id: str, delivery_id: str, now: float) -> Delivery | None:
        """What was tried so far counts no more against it, but attempts are numbered on: they fence."""
        one = {"of_webhook": webhook_id, "of_id": delivery_id}
        with self._database.write() as connection:
            row = connection.execute(_ONE.with_for_update(), one).one_or_none()
            if row is None:
                return None
            if row.state == DeliveryState.WAITING:
                raise Conflict(f"the delivery {delivery_id!r} waits to be sent already")
            connection.execute(_AGAIN, {"of_id": delivery_id, "now": now})
            return delivery_of(connection.execute(_ONE, one).one())

    def waiting(self) -> int:
        with self._database.read() as connection:
            return connection.execute(_WAITING).scalar_one()


def remove_of_no_workload(connection: Connection) -> None:
    """Webhooks of workloads that are gone, when nothing waits for them."""
    connection.execute(_OF_NO_WORKLOAD)


def webhook_of(row: AnyRow) -> Webhook:
    """Of what `SELECT_WEBHOOK` gives."""
    return Webhook(
        id=row.id,
        user_id=row.user_id,
        user_name=row.user_name,
        name=row.name,
        url=row.url,
        events=tuple(map(WebhookEvent, row.events.split())),
        workload_id=row.workload_id,
        sealed_secret=row.sealed_secret,
        created_at=row.created_at,
    )


def delivery_of(row: AnyRow) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        event=WebhookEvent(row.event),
        workload_id=row.workload_id,
        body=row.body,
        created_at=row.created_at,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        attempted_at=row.attempted_at,
        answer=row.answer,
        reason=row.reason,
    )
