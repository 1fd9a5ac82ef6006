"""What a caller may see. Other people's things do not exist for strangers: ids tell them nothing."""

from __future__ import annotations

from api.parts import Parts
from dpip.domain import Caller, Role, Webhook, Workload
from dpip.errors import NotFound


def owner_filter(caller: Caller) -> str | None:
    """Whose things these are, in the terms of `dpip.ports.Catalog`: None is everybody's."""
    return None if caller.role is Role.ADMIN else caller.user_id


def workload(parts: Parts, caller: Caller, workload_id: str) -> Workload:
    """Raises `NotFound` for an unknown workload and for somebody else's alike."""
    found = parts.catalog.workload(workload_id, owner_filter(caller))
    if found is None:
        raise unknown_workload(workload_id)
    return found


def unknown_workload(workload_id: str) -> NotFound:
    return NotFound(f"there is no workload {workload_id!r} of yours; GET /workloads lists them")


def webhook(parts: Parts, caller: Caller, webhook_id: str) -> Webhook:
    """Raises `NotFound`, likewise."""
    found = parts.webhooks.webhook(webhook_id, owner_filter(caller))
    if found is None:
        raise unknown_webhook(webhook_id)
    return found


def unknown_webhook(webhook_id: str) -> NotFound:
    return NotFound(f"there is no webhook {webhook_id!r} of yours; GET /webhooks lists them")
