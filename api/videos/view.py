"""Videos as JSON objects."""

from __future__ import annotations

from api import presenting
from api.parts import Parts
from api.shapes import films
from api.workloads.view import filter_names
from dpip.domain import Video, VideoState, Workload
from dpip.ports import NewVideo


class VideoView:
    """What is shown of a video, with what its workload says."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def one(self, video: Video) -> films.Video:
        workload = self._parts.catalog.workload(video.id, None)
        pipeline, name = (workload.pipeline, workload.name) if workload is not None else ("", "")
        return _shown(video, name, pipeline)

    @staticmethod
    def new(workload: Workload, new: NewVideo) -> films.Video:
        """One that is just being kept."""
        video = Video(
            id=workload.id,
            name=new.name,
            facts=new.facts,
            target=new.target,
            quality=new.quality,
            state=VideoState.WAITING,
            attempt=0,
            frames_split=0,
            frames_joined=0,
            failure=None,
            queued_at=workload.created_at,
            started_at=None,
            finished_at=None,
        )
        return _shown(video, workload.name, workload.pipeline)


def _shown(video: Video, workload_name: str, pipeline: str) -> films.Video:
    facts = video.facts
    return {
        "video_id": video.id,
        "workload_id": video.id,
        "workload_name": workload_name,
        "filter": filter_names(pipeline) if pipeline else "",
        "pipeline": pipeline,
        "name": video.name,
        "state": video.state,
        "format": facts.format,
        "codec": facts.codec,
        "width": facts.width,
        "height": facts.height,
        "rotation": facts.rotation,
        "rate": facts.rate,
        "duration_s": facts.duration_s,
        "frames": facts.frames,
        "sound": list(facts.sound),
        "video_format": video.target,
        "video_quality": video.quality,
        "frames_split": video.frames_split,
        "frames_joined": video.frames_joined,
        "failure": presenting.failure(video.failure),
        "notes": list(facts.notes),
        "queued_at": presenting.moment(video.queued_at),
        "started_at": presenting.moment(video.started_at),
        "finished_at": presenting.moment(video.finished_at),
    }
