"""Webhooks, and the deliveries that wait for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from dpip.domain import Attempted, ClaimedDelivery, Delivery, DeliveryState, Webhook
from dpip.ports.paging import Page


class Webhooks(Protocol):
    """Who wants to be told, and what was told them."""

    def add(self, webhook: Webhook, most: int) -> None:
        """Raises `Conflict` when its user has `most` already."""

    def webhook(self, webhook_id: str, user_id: str | None) -> Webhook | None:
        """Of this user; of anybody for None."""

    def webhooks(self, user_id: str | None, *, limit: int = 100, after: str | None = None) -> Page[Webhook]:
        """Newest first."""

    def remove(self, webhook_id: str) -> bool:
        """With all its deliveries, those that wait too. False: there was none."""

    def deliveries(
        self,
        webhook_id: str,
        *,
        state: DeliveryState | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[Delivery]:
        """Newest first."""

    def add_delivery(self, delivery: Delivery, most_waiting: int) -> None:
        """Raises `TooMany` when so many of its webhook wait already, and `NotFound` without a webhook."""

    def deliver_again(self, webhook_id: str, delivery_id: str, now: float) -> Delivery | None:
        """delivered | failed -> waiting, due at once. None: there is no such delivery. Raises `Conflict` for
        one that waits."""

    def waiting(self) -> int:
        """How many deliveries are to be sent, of all webhooks."""


@dataclass(frozen=True, slots=True)
class DueWebhook:
    """A webhook for which something is due."""

    webhook_id: str
    user_id: str


class Outbox(Protocol):
    """Deliveries on their way. They get in by the very transaction that makes their event true."""

    def due(self, now: float, busy: Collection[str], limit: int) -> tuple[DueWebhook, ...]:
        """Webhooks with deliveries to be sent now, longest due first, but for those that are `busy` (ids of
        webhooks and of users), and for disabled users'."""

    def claim(self, webhook_id: str, now: float, lease_until: float) -> ClaimedDelivery | None:
        """The one that is due longest, with attempt + 1. Unless its end is told, it is due again when the
        lease runs out."""

    def settle(self, attempted: Attempted) -> bool:
        """False when this attempt is not the current one."""

    def forget(self, before: float) -> int:
        """Remove deliveries that ended before then, and webhooks of workloads that are gone and of which
        nothing waits; returns how many deliveries went."""
