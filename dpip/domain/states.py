"""Lives: the states of jobs, workers, workloads and videos."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class JobState(StrEnum):
    """Life of a job: queued -> running -> done | failed; running -> queued when its worker is gone."""

    QUEUED = "queued"  # waits for a worker
    RUNNING = "running"  # placed on a worker, under a lease
    DONE = "done"  # its filtered image is there
    FAILED = "failed"  # failed for good; the reason is recorded


class WorkerState(StrEnum):
    """Life of a worker: joining -> alive -> draining | lost; a lost one may come back."""

    JOINING = "joining"  # subscribed, its Ray actor is not up yet
    ALIVE = "alive"  # takes jobs
    DRAINING = "draining"  # finishes what it has, takes nothing new
    LOST = "lost"  # its reports stopped for three intervals
    LEFT = "left"  # said good-bye


class WorkloadStatus(StrEnum):
    """What the API says of a workload."""

    SCHEDULING = "scheduling"  # nothing of it runs yet
    RUNNING = "running"  # a job of it is placed
    COMPLETED = "completed"  # every upload is filtered or has failed for good


class VideoState(StrEnum):
    """Life of a video: waiting -> running -> done | failed | cancelled; running -> waiting when who works on
    it is gone: it is begun anew from the upload."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # for good; the reason is recorded
    CANCELLED = "cancelled"


VIDEO_UNFINISHED = frozenset({VideoState.WAITING, VideoState.RUNNING})
STATUS_OF_VIDEO: Mapping[VideoState, WorkloadStatus] = {
    VideoState.WAITING: WorkloadStatus.SCHEDULING,
    VideoState.RUNNING: WorkloadStatus.RUNNING,
    VideoState.DONE: WorkloadStatus.COMPLETED,
    VideoState.FAILED: WorkloadStatus.COMPLETED,
    VideoState.CANCELLED: WorkloadStatus.COMPLETED,
}
