"""Videos."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from api.shapes.common import Cursor, Id, Moment
from api.shapes.work import Count, Failure
from dpip.domain import VideoState


class Video(TypedDict):
    """A video, and how far the filtered one is."""

    video_id: Annotated[Id, Field(description="also its workload's id: cancel, resume and delete that")]
    workload_id: Id
    workload_name: str
    filter: Annotated[str, Field(description="names of its filters")]
    pipeline: Annotated[str, Field(description="its filters with their parameters, in canonical form")]
    name: Annotated[str | None, Field(description="the file's name, as it was uploaded")]
    state: VideoState
    format: Annotated[str, Field(description="of the uploaded file")]
    codec: Annotated[str, Field(description="of the pictures in it")]
    width: Annotated[int, Field(ge=1, description="pixels, before it is turned")]
    height: Annotated[int, Field(ge=1, description="pixels, before it is turned")]
    rotation: Annotated[int, Field(description="degrees by which players turn it, counter-clockwise")]
    rate: Annotated[str, Field(description="frames per second on average, as a fraction")]
    duration_s: float | None
    frames: Annotated[int | None, Field(description="by its headers; may be an estimate")]
    sound: Annotated[list[str], Field(description="codecs of its sound tracks, which are copied")]
    video_format: Annotated[str, Field(description="of the filtered video")]
    video_quality: Annotated[str, Field(description="that the filtered video is encoded with")]
    frames_split: Annotated[Count, Field(description="frames that were taken out of it so far")]
    frames_joined: Annotated[Count, Field(description="frames that are in the filtered video so far")]
    failure: Failure | None
    notes: Annotated[list[str], Field(description="what does not come along, and other remarks")]
    queued_at: Moment | None
    started_at: Moment | None
    finished_at: Moment | None


class Videos(TypedDict):
    """A page of videos."""

    videos: list[Video]
    next: Cursor
