"""Videos in and out: each has a workload of its own, whose jobs are its frames."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request, url_for

from api.description import bodies, parameters
from api.description.operation import operation
from api.parts import Parts
from api.people import visible
from api.people.auth import Guard
from api.results.download import download
from api.shapes import films
from api.uploads.incoming import VIDEO, Incoming, receive
from api.videos.admission import admit_video, check_taken
from api.videos.view import VideoView
from api.web import idempotency, paging
from api.web.leaving import taking_turns
from api.web.turns import Turns
from api.workloads.new import make_workload, plan_of
from bus.messages import Topic
from dpip.domain import Caller, ImageKind, Video, VideoState, Workload
from dpip.errors import Conflict, NotFound
from dpip.ids import filtered_id, original_id
from dpip.logs import fields
from dpip.ports import Answer, Receipt

log = logging.getLogger(__name__)

_WANTED = ("video_format", "video_quality")  # fields of the form; others are the workload's


def blueprint(parts: Parts, guard: Guard, leaving: Turns) -> Blueprint:
    """The routes below /videos; `leaving` bounds downloads."""
    routes = Blueprint("videos", __name__)
    bounds = parts.bounds
    view = VideoView(parts)
    turns = Turns(bounds.videos_at_once, bounds.upload_wait_s, bounds.videos_at_once, "uploads of videos")

    def theirs(video_id: str) -> tuple[Workload, Video]:
        workload = parts.catalog.workload(video_id, visible.owner_filter(guard.caller))
        video = parts.videos.video(video_id) if workload is not None else None
        if workload is None or video is None:
            raise NotFound(f"there is no video {video_id!r} of yours; GET /videos lists them")
        return workload, video

    @routes.post("/videos")
    @operation(
        "a multipart form: the video in data, filter, workload_name, tags, priority, video_format, "
        "video_quality -> a video",
        gives=films.Video,
        status=HTTPStatus.CREATED,
        takes=bodies.NEW_VIDEO,
        parameters=(parameters.IDEMPOTENCY_KEY,),
        refuses=(409, 413, 415, 422, 503, 507),
        headers={"Location": "where it is shown"},
    )
    @guard.writes
    def upload() -> Response:
        caller = guard.caller
        check_taken()
        with (
            turns.turn(caller.user_id),
            idempotency.attempt(parts, request, caller.user_id) as attempt,
            receive(request, parts.store, bounds.video_limits.max_bytes, VIDEO) as incoming,
        ):
            asked = idempotency.digest(request, incoming.fields, incoming.name, incoming.upload.sha256)
            before = attempt.remembered(asked)
            return before or _keep(parts, view, caller, incoming, attempt, asked)

    @routes.get("/videos")
    @operation("your videos, newest first", gives=films.Videos, parameters=parameters.PAGES)
    @guard.reads
    def every() -> Response:
        page = parts.videos.videos(
            visible.owner_filter(guard.caller), limit=paging.limit(), after=paging.after()
        )
        return jsonify(videos=[view.one(video) for video in page.items], next=page.next)

    @routes.get("/videos/<video_id>")
    @operation("one video: how far it is", gives=films.Video)
    @guard.reads
    def show(video_id: str) -> Response:
        return jsonify(view.one(theirs(video_id)[1]))

    @routes.get("/videos/<video_id>/file")
    @operation(
        "the filtered video, or the one that was uploaded",
        media=bodies.VIDEO_TYPES,
        parameters=(parameters.choice("type", ImageKind, "original: as it was uploaded"),),
        also={
            HTTPStatus.PARTIAL_CONTENT: "the range that was asked for",
            HTTPStatus.NOT_MODIFIED: "the client has it",
        },
        refuses=(409, 412, 416),
        headers={"ETag": "its SHA-256"},
    )
    @guard.reads
    def file(video_id: str) -> Response:
        workload, video = theirs(video_id)
        wanted = original_id(workload.id, 0)
        if paging.choice("type", ImageKind) is not ImageKind.ORIGINAL:
            if video.state is not VideoState.DONE:
                raise _not_there(video)
            wanted = filtered_id(wanted)
        return taking_turns(leaving, guard.caller.user_id, lambda: download(parts, guard.caller, wanted))

    return routes


def _keep(
    parts: Parts,
    view: VideoView,
    caller: Caller,
    incoming: Incoming,
    attempt: idempotency.Attempt,
    asked: str,
) -> Response:
    given = dict(incoming.fields)
    wanted = {name: given.pop(name, None) for name in _WANTED}
    new = admit_video(incoming, wanted, plan_of(given), parts.bounds)
    answers: list[Answer] = []

    def receipt(workload: Workload) -> Receipt | None:
        shown = view.new(workload, new)
        location = url_for("videos.show", video_id=workload.id)
        answers.append(Answer(HTTPStatus.CREATED, location, jsonify(shown).get_data(as_text=True)))
        return attempt.receipt(asked, answers[-1])

    def create(workload: Workload, kept: Receipt | None) -> Workload:
        return parts.videos.create(workload, new, incoming.upload.commit, kept)

    workload = make_workload(parts, caller, given, receipt, create)
    parts.announcer.announce(Topic.VIDEOS, {"workload": workload.id})
    log.info("video kept", extra=fields(video=workload.id, name=workload.name, bytes=new.size_bytes))
    return idempotency.respond(answers[-1])


def _not_there(video: Video) -> Conflict:
    if video.state is VideoState.FAILED:
        why = video.failure.detail if video.failure else "no reason was kept"
        return Conflict(f"the video {video.id!r} could not be made: {why}")
    if video.state is VideoState.CANCELLED:
        return Conflict(
            f"the video {video.id!r} was cancelled; POST /workloads/{video.id}/resume begins it anew"
        )
    return Conflict(
        f"the video {video.id!r} is not there yet: {video.frames_joined:,} of "
        f"{'' if video.facts.frames is None else f'about {video.facts.frames:,} '}frames are in it; "
        "try again later"
    )
