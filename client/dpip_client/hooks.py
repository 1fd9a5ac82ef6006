"""Webhooks and their deliveries, as values; `dpip_client.webhooks` is for who receives them."""

from __future__ import annotations

from dataclasses import dataclass, field

from dpip_client.models import Json, id_of


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL that is called when something happens. It has its `secret` when it was just made only."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    workload_id: str | None  # told of this one only
    secret: str | None = field(repr=False)
    raw: Json = field(repr=False, compare=False)

    @staticmethod
    def of(shown: Json) -> Webhook:
        return Webhook(
            id=id_of(shown["webhook_id"]),
            name=shown["name"],
            url=shown["url"],
            events=tuple(shown["events"]),
            workload_id=shown["workload_id"],
            secret=shown.get("secret"),
            raw=shown,
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to a webhook, or there."""

    id: str
    event: str
    state: str  # waiting, delivered or failed
    attempts: int
    last_status: int | None
    last_error: str | None
    created_at: str
    next_attempt_at: str | None
    raw: Json = field(repr=False, compare=False)

    @staticmethod
    def of(shown: Json) -> Delivery:
        return Delivery(
            id=id_of(shown["delivery_id"]),
            event=shown["event"],
            state=shown["state"],
            attempts=shown["attempts"],
            last_status=shown["last_status"],
            last_error=shown["last_error"],
            created_at=shown["created_at"],
            next_attempt_at=shown["next_attempt_at"],
            raw=shown,
        )
