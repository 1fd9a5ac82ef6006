"""An example of each shape that people meet often; their types are checked, and so are real answers."""

from __future__ import annotations

from typing import Any

from api.shapes import accounts, hooks, system, work
from dpip.domain import (
    Action,
    DeliveryState,
    ImageKind,
    JobState,
    Role,
    Scope,
    WebhookEvent,
    WorkerState,
    WorkloadStatus,
)

_WORKLOAD_ID = "01jb2v9k7q4d8m2xz"
_ORIGINAL_ID = f"{_WORKLOAD_ID}-0000000001"
_RESULT_ID = f"{_ORIGINAL_ID}-filtered"
_THEN = "2026-05-04T12:00:00+00:00"

_WORKLOAD: work.Workload = {
    "workload_id": _WORKLOAD_ID,
    "workload_name": "holiday",
    "filter": "blur|grayscale",
    "pipeline": "blur:sigma=5|grayscale",
    "outputs": ["filtered"],
    "status": WorkloadStatus.RUNNING,
    "running_jobs": 1,
    "filtered_images": [_RESULT_ID],
    "total": 2,
    "queued": 0,
    "running": 1,
    "done": 1,
    "failed": 0,
    "failed_images": [],
    "priority": 5,
    "tags": [],
    "missing_tags": [],
    "cancelled": False,
    "created_at": _THEN,
    "note": None,
    "video": None,
}
_KEPT: work.Kept = {
    "workload_id": _WORKLOAD_ID,
    "image_id": _ORIGINAL_ID,
    "type": ImageKind.ORIGINAL,
    "format": "jpeg",
    "width": 4032,
    "height": 3024,
    "size_bytes": 2_483_112,
}
_IMAGE: work.Image = {
    "image_id": _ORIGINAL_ID,
    "workload_id": _WORKLOAD_ID,
    "type": ImageKind.ORIGINAL,
    "output": None,
    "name": "beach.jpg",
    "format": "jpeg",
    "width": 4032,
    "height": 3024,
    "size_bytes": 2_483_112,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": _THEN,
    "state": JobState.DONE,
    "failure": None,
    "notes": [],
}
_JOB: work.Job = {
    "image_id": _ORIGINAL_ID,
    "workload_id": _WORKLOAD_ID,
    "state": JobState.DONE,
    "attempt": 1,
    "worker": "worker-1",
    "reason": "would finish it first",
    "failure": None,
    "queued_at": _THEN,
    "started_at": "2026-05-04T12:00:00.004000+00:00",
    "finished_at": "2026-05-04T12:00:00.191000+00:00",
    "timings_s": {
        "fetch": 0.002, "decode": 0.05, "filter": 0.07, "encode": 0.06, "deliver": 0.003, "total": 0.185,
    },
}  # fmt: skip
_FAILED: work.FailedImage = {
    "image_id": _ORIGINAL_ID,
    "name": "torn.jpg",
    "kind": "unreadable",
    "detail": "the picture is damaged: 1,204 of 3,024 lines could be decoded",
    "attempts": 1,
    "worker": "worker-1",
    "failed_at": _THEN,
}
_TOKEN: accounts.Token = {
    "token_id": "01jb2vb1r5s9w0c3t",
    "name": "camera",
    "scopes": [Scope.READ, Scope.WRITE],
    "created_at": _THEN,
    "expires_at": "2026-08-02T12:00:00+00:00",
    "last_used_at": None,
    "current": False,
    "made_by": "01jb2vb1r5s9w0c3t",
}
_LOGIN: accounts.Login = {
    "user": "ann",
    "token": "yV9c0m2eS1m0Ff3zXk4nHq7tLb8wDa5r",
    "token_type": "Bearer",
    "token_id": "01jb2vb1r5s9w0c3t",
    "scopes": [Scope.READ, Scope.WRITE],
    "expires_at": "2026-05-05T12:00:00+00:00",
}
_USER: accounts.User = {
    "name": "ann",
    "role": Role.USER,
    "disabled": False,
    "quota_bytes": None,
    "quota_images": 1000,
    "quota_workloads": 100_000,
    "used_bytes": 2_483_112,
    "used_images": 1,
    "used_workloads": 1,
    "created_at": _THEN,
}
_ENTRY: accounts.AuditEntry = {
    "id": 17,
    "at": _THEN,
    "action": Action.LOGIN,
    "who": "ann",
    "address": "192.0.2.7",
    "target": "01jb2vb1r5s9w0c3t",
    "detail": None,
    "count": 1,
}
_WORKER: system.Worker = {
    "worker_id": "01jb2v8aa3k6n1p0q",
    "name": "worker-1",
    "tags": ["gpu"],
    "state": WorkerState.ALIVE,
    "host": "forge",
    "cores": 8,
    "cpu_percent": 71.5,
    "codecs": ["libjpeg-turbo 3.1.0"],
    "memory_total": 33_554_432_000,
    "memory_available": 21_474_836_480,
    "gpus": [],
    "running_jobs": 8,
    "since": _THEN,
    "last_report_at": "2026-05-04T12:03:20+00:00",
}
_STATUS: system.Status = {
    "system_name": "Distributed and Parallel Image Processing (DPIP)",
    "server_time": "2026-05-04T12:03:21+00:00",
    "version": "0.1.0",
    "user": "ann",
    "active_workloads": [_WORKLOAD],
    "more_active_workloads": False,
    "queued_jobs": 0,
    "running_jobs": 1,
    "workers": {WorkerState.ALIVE: 1},
}

_WEBHOOK: hooks.Webhook = {
    "webhook_id": "01jb2vd3n6w8q2r4t",
    "name": "nightly",
    "url": "https://hooks.example.com/dpip",
    "events": [WebhookEvent.WORKLOAD_COMPLETED],
    "workload_id": None,
    "user": "ann",
    "created_at": _THEN,
}
_MESSAGE: hooks.WorkloadMessage = {
    "type": "workload.completed",
    "timestamp": _THEN,
    "data": {
        "workload_id": _WORKLOAD_ID,
        "workload_name": "holiday",
        "status": WorkloadStatus.COMPLETED,
        "cancelled": False,
        "total": 2,
        "done": 2,
        "failed": 0,
        "video": None,
    },
}
_DELIVERY: hooks.Delivery = {
    "delivery_id": "01jb2ve5m1x7z9y3w",
    "webhook_id": _WEBHOOK["webhook_id"],
    "event": WebhookEvent.WORKLOAD_COMPLETED,
    "workload_id": _WORKLOAD_ID,
    "state": DeliveryState.WAITING,
    "attempts": 1,
    "created_at": _THEN,
    "last_attempt_at": "2026-05-04T12:00:01+00:00",
    "last_status": 503,
    "last_error": "the receiver answered 503, where a 2xx is expected",
    "next_attempt_at": "2026-05-04T12:00:06+00:00",
    "payload": _MESSAGE,
}

EXAMPLES: dict[str, Any] = {
    "Workload": _WORKLOAD,
    "Workloads": {"workloads": [_WORKLOAD], "next": None},
    "Kept": _KEPT,
    "BulkKept": {
        "workload_id": _WORKLOAD_ID,
        "images": [_KEPT],
        "refused": [{"position": 2, "name": "notes.txt", "status": 415, "detail": "this is no image"}],
    },
    "Image": _IMAGE,
    "Images": {"images": [_IMAGE], "next": _ORIGINAL_ID},
    "Job": _JOB,
    "Jobs": {"jobs": [_JOB], "next": None},
    "FailedImage": _FAILED,
    "FailedImages": {"failures": [_FAILED], "next": None},
    "Replayed": {"workload_id": _WORKLOAD_ID, "replayed": 1},
    "Login": _LOGIN,
    "Logout": {"logout_message": "ann is logged out; this token is dead"},
    "Token": _TOKEN,
    "NewToken": {**_TOKEN, "token": _LOGIN["token"]},
    "Tokens": {"tokens": [_TOKEN], "next": None},
    "Webhook": _WEBHOOK,
    "NewWebhook": {**_WEBHOOK, "secret": "whsec_5ux7nXc0v0YJmBqfGh7c2bVf0G0q1mZQd3t1b5o7n9E="},
    "Webhooks": {"webhooks": [_WEBHOOK], "next": None},
    "WorkloadMessage": _MESSAGE,
    "Delivery": _DELIVERY,
    "Deliveries": {"deliveries": [_DELIVERY], "next": None},
    "User": _USER,
    "NewUser": _USER,
    "Users": {"users": [_USER], "next": None},
    "Audit": {"entries": [_ENTRY], "next": None},
    "Status": _STATUS,
    "Workers": {"workers": [_WORKER], "codecs_differ": []},
}
