"""Videos."""

from __future__ import annotations

from dataclasses import dataclass

from dpip.domain.jobs import Failure
from dpip.domain.states import VideoState
from dpip.domain.workloads import Workload


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What is known of a video from its headers. Width and height in pixels as they are stored, unturned."""

    format: str  # "mp4", "mkv", "webm", "avi"; see film.formats
    codec: str  # of its pictures: "h264", ...
    width: int
    height: int
    rotation: int  # degrees by which a player turns it, counter-clockwise
    rate: str  # frames per second, on average, as a fraction: "30000/1001"
    duration_s: float | None
    frames: int | None  # as the headers say, or by rate and duration: an estimate
    sound: tuple[str, ...] = ()  # codecs of its sound tracks
    notes: tuple[str, ...] = ()  # what of it does not come along


@dataclass(frozen=True, slots=True)
class Video:
    """A video as it stands. Its id is its workload's."""

    id: str
    name: str | None  # the file name the uploader gave, if any
    facts: VideoFacts
    target: str  # format of the video that is made
    quality: str  # that it is encoded with; see film.formats
    state: VideoState
    attempt: int
    frames_split: int  # taken out of it in this attempt
    frames_joined: int  # that are in the new video
    failure: Failure | None
    queued_at: float
    started_at: float | None
    finished_at: float | None


@dataclass(frozen=True, slots=True)
class ClaimedVideo:
    """A video that is the claimer's until the lease ends; `attempt` is the fencing token."""

    video: Video
    workload: Workload
    key: str  # where the image store keeps the upload
    attempt: int
    leftovers: tuple[str, ...]  # keys of an earlier attempt's frames: their bytes are to be removed
