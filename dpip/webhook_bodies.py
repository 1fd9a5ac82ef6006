"""What webhooks are told: a type, a time, and the data of the moment at which it happened.

The form of bodies and headers is that of the Standard Webhooks specification (standardwebhooks.com), 1.0.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from dpip.domain import Webhook, WebhookEvent, Workload


def of_workload(event: WebhookEvent, workload: Workload, now: float) -> str:
    """How the workload stands now, as a JSON text."""
    return _body(
        event,
        now,
        {
            "workload_id": workload.id,
            "workload_name": workload.name,
            "status": workload.status.value,
            "cancelled": workload.cancelled_at is not None,
            "total": workload.total,
            "done": workload.done,
            "failed": workload.failed,
            "video": None if workload.video is None else workload.video.value,
        },
    )


def of_test(webhook: Webhook, now: float) -> str:
    return _body(WebhookEvent.TEST, now, {"webhook_id": webhook.id, "name": webhook.name})


def _body(event: WebhookEvent, now: float, data: dict[str, Any]) -> str:
    told = {"type": event.value, "timestamp": datetime.fromtimestamp(now, UTC).isoformat(), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
