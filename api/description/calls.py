"""The calls that DPIP makes itself, to webhooks: the other direction of the API."""

from __future__ import annotations

from api.description.examples import EXAMPLES
from api.description.filters import REFERENCE
from api.description.operation import JSON, Json
from api.shapes import hooks
from dpip.domain import WebhookEvent

_SUMMARIES = {
    WebhookEvent.WORKLOAD_COMPLETED: "everything that was uploaded is filtered or has failed for good",
    WebhookEvent.WORKLOAD_CANCELLED: "a workload was cancelled",
    WebhookEvent.TEST: "somebody tries the webhook out",
}
_HEADERS = {
    "webhook-id": "the delivery: the same each time that it is sent again",
    "webhook-timestamp": "when it was sent, in seconds since 1970; refuse what is too old",
    "webhook-signature": "`v1,` and HMAC-SHA256 of `id.timestamp.body` in base64, by the webhook's secret",
}
_ANSWERS = {
    "2XX": "it is taken",
    "410": "nothing more is wanted; it is not sent again",
    "default": "it is sent again later; `Retry-After` in seconds is minded, redirects are not followed",
}


def calls() -> Json:
    """By event, as OpenAPI 3.1 has webhooks."""
    return {event.value: {"post": _call(event, summary)} for event, summary in _SUMMARIES.items()}


def _call(event: WebhookEvent, summary: str) -> Json:
    shape = hooks.WebhookMessage if event is WebhookEvent.TEST else hooks.WorkloadMessage
    content: Json = {"schema": {"$ref": f"{REFERENCE}{shape.__name__}"}}
    example = EXAMPLES["WorkloadMessage"]
    if example["type"] == event:
        content["example"] = example
    return {
        "operationId": f"on_{event.value.replace('.', '_')}",
        "tags": ["events"],
        "summary": summary,
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": text,
                "schema": {"type": "string"},
            }
            for name, text in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {JSON: content}},
        "responses": {status: {"description": text} for status, text in _ANSWERS.items()},
        "security": [],
    }
