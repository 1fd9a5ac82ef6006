"""What streams of events and webhooks tell."""

from __future__ import annotations

from typing_extensions import TypedDict

from api.shapes.common import Id
from api.shapes.work import Count
from dpip.domain import WorkloadStatus


class WorkloadNews(TypedDict):
    """How far a workload is: data of the event `workload`. GET /workloads/{workload_id} has the rest."""

    workload_id: Id
    workload_name: str
    status: WorkloadStatus
    total: Count
    queued: Count
    running: Count
    done: Count
    failed: Count
    cancelled: bool


TOLD = (WorkloadNews,)  # shapes that are no answer's
