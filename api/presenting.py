"""Domain values as the JSON objects that clients see. Times are ISO 8601 in UTC."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

from api.results.outputs import output_of
from api.shapes import accounts, hooks, reports, system, work
from dpip.domain import (
    AuditEntry,
    Delivery,
    DeliveryState,
    FailedImage,
    Failure,
    Gpu,
    ImageKind,
    Job,
    Making,
    Quota,
    StoredImage,
    Timings,
    Token,
    User,
    Webhook,
    Worker,
)
from dpip.ports import Sample


def moment(seconds: float | None) -> str | None:
    """Seconds since the epoch as ISO 8601."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def user(item: User, default: Quota) -> accounts.User:
    """Without the password's hash. A quota of null is no bound."""
    quota = item.quota
    return {
        "name": item.name,
        "role": item.role,
        "disabled": item.disabled,
        "quota_bytes": default.bytes if quota.bytes is None else quota.bytes,
        "quota_images": default.images if quota.images is None else quota.images,
        "quota_workloads": default.workloads if quota.workloads is None else quota.workloads,
        "used_bytes": item.used.bytes,
        "used_images": item.used.images,
        "used_workloads": item.used.workloads,
        "created_at": moment(item.created_at),
    }


def audit_entry(item: AuditEntry) -> accounts.AuditEntry:
    return {
        "id": item.id,
        "at": moment(item.at),
        "action": item.action,
        "who": item.who,
        "address": item.address,
        "target": item.target,
        "detail": item.detail,
        "count": item.count,
    }


def token(item: Token, of_request: str) -> accounts.Token:
    """All but the secret, which nobody knows any more. `current`: it is this request's own."""
    return {
        "token_id": item.id,
        "name": item.name,
        "scopes": sorted(item.scopes),
        "created_at": moment(item.created_at),
        "expires_at": moment(item.expires_at),
        "last_used_at": moment(item.last_used_at),
        "current": item.id == of_request,
        "made_by": item.maker or None,
    }


def webhook(item: Webhook) -> hooks.Webhook:
    """All but the secret, which is shown once."""
    return {
        "webhook_id": item.id,
        "name": item.name,
        "url": item.url,
        "events": list(item.events),
        "workload_id": item.workload_id,
        "user": item.user_name,
        "created_at": moment(item.created_at),
    }


def origin(url: str) -> str:
    """Where a webhook's URL leads, for the audit trail: its path may be as good as a password there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def delivery(item: Delivery) -> hooks.Delivery:
    waits = item.state is DeliveryState.WAITING
    return {
        "delivery_id": item.id,
        "webhook_id": item.webhook_id,
        "event": item.event,
        "workload_id": item.workload_id,
        "state": item.state,
        "attempts": item.attempts,
        "created_at": moment(item.created_at),
        "last_attempt_at": moment(item.attempted_at),
        "last_status": item.answer,
        "last_error": item.reason,
        "next_attempt_at": moment(item.due_at) if waits else None,
        "payload": json.loads(item.body),
    }


def image(stored: StoredImage, job: Job | None, made: Making | None = None) -> work.Image:
    """An image; for an original, how its job stands, and for a filtered one, which output it is and what it
    could not keep."""
    output = output_of(stored.id)
    return {
        "image_id": stored.id,
        "workload_id": stored.workload_id,
        "type": stored.kind,
        "output": output[1] if output and stored.kind is ImageKind.FILTERED else None,
        "name": stored.name,
        "format": stored.facts.format,
        "width": stored.facts.width,
        "height": stored.facts.height,
        "size_bytes": stored.facts.size_bytes,
        "sha256": stored.facts.sha256,
        "created_at": moment(stored.created_at),
        "state": job.state if job else None,
        "failure": failure(job.failure) if job else None,
        "notes": list(made.notes) if made else [],
    }


def making(item: Making | None) -> reports.Making:
    """Where nothing is known of it (it was made by an early release), `way` and `codecs` are null."""
    return {
        "way": item.way if item else None,
        "notes": list(item.notes) if item else [],
        "codecs": list(item.codecs) if item else None,
    }


def job(item: Job) -> work.Job:
    return {
        "image_id": item.id,
        "workload_id": item.workload_id,
        "state": item.state,
        "attempt": item.attempt,
        "worker": item.worker_name,
        "reason": item.reason,
        "failure": failure(item.failure),
        "queued_at": moment(item.queued_at),
        "started_at": moment(item.started_at),
        "finished_at": moment(item.finished_at),
        "timings_s": timings(item.timings),
    }


def failure(item: Failure | None) -> work.Failure | None:
    return None if item is None else {"kind": item.kind, "detail": item.detail}


def failed_image(item: FailedImage) -> work.FailedImage:
    return {
        "image_id": item.image_id,
        "name": item.name,
        "kind": item.kind,
        "detail": item.detail,
        "attempts": item.attempts,
        "worker": item.worker_name,
        "failed_at": moment(item.failed_at),
    }


def timings(item: Timings | None) -> work.Timings | None:
    if item is None:
        return None
    return {
        "fetch": item.fetch,
        "decode": item.decode,
        "filter": item.filter,
        "encode": item.encode,
        "deliver": item.deliver,
        "total": item.total,
    }


def worker(item: Worker) -> system.Worker:
    """`since` is when it joined; what it reports itself is null until its first report."""
    load = item.load
    return {
        "worker_id": item.id,
        "name": item.name,
        "tags": list(item.tags),
        "state": item.state,
        "host": item.machine.host,
        "cores": item.machine.cores,
        "cpu_percent": load.cpu_percent if load else None,
        "codecs": list(item.machine.codecs),
        "memory_total": item.machine.memory_total,
        "memory_available": load.memory_available if load else None,
        "gpus": [gpu(one) for one in (load.gpus if load and load.gpus else item.machine.gpus)],
        "running_jobs": load.running_jobs if load else 0,
        "since": moment(item.joined_at),
        "last_report_at": moment(item.last_report_at),
    }


def gpu(item: Gpu) -> system.Gpu:
    return {
        "index": item.index,
        "name": item.name,
        "memory_total": item.memory_total,
        "memory_used": item.memory_used,
        "utilisation_percent": item.utilisation_percent,
    }


def sample(item: Sample) -> system.Sample:
    """A worker's resources at a time, or their mean over `seconds`; GPUs are added up."""
    return {
        "at": moment(item.at),
        "seconds": item.seconds,
        "cpu_percent": item.cpu_percent,
        "memory_available": item.memory_available,
        "running_jobs": item.running_jobs,
        "gpu_percent": item.gpu_percent,
        "gpu_memory_used": item.gpu_memory_used,
    }
