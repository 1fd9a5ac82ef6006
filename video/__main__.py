"""`python -m video`: wire the datastore, the image store and the bus to the desk, and run it."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time

from bus.client import Hinter
from bus.coalescing import CoalescingAnnouncer
from bus.listener import Listener
from bus.messages import Topic
from datastore import Datastore, wait_for_datastore
from dpip.errors import ConfigError, NotReady
from dpip.lifecycle import Stop, stop_on_signals
from dpip.logs import configure, fields
from dpip.records import remove_record, write_record
from dpip.settings import EXIT_USAGE, load
from film import available
from storage import open_store
from telemetry import open_traces
from video.attempt import Terms, Tools
from video.config import VideoSettings
from video.desk import Desk

_PROGRAM = "python -m video"
_ENDS_WITHIN_S = 8.0

log = logging.getLogger("video")


def main() -> int:
    settings = load(VideoSettings, _PROGRAM)
    configure("video", settings.log_level, settings.log_format)
    stop = Stop()
    stop_on_signals(stop)
    try:
        _check_available()
        join_token = settings.secret_join_token()
        datastore = wait_for_datastore(settings.datastore_url, stop, flush=settings.flush)
    except ConfigError as error:
        sys.stderr.write(f"{_PROGRAM}: {error.detail}\n")
        return EXIT_USAGE
    if datastore is None:
        return 0
    with datastore:
        return _run(settings, join_token, datastore, stop)


def _check_available() -> None:
    """Raises `ConfigError`."""
    if not available():
        raise ConfigError("videos need PyAV, which is not installed here: pip install 'dpip[video]'")


def _run(settings: VideoSettings, join_token: str, datastore: Datastore, stop: Stop) -> int:
    scratch = settings.at_home.ensure_folder(settings.at_home.run) / "videos" / str(os.getpid())
    tools = Tools(
        videos=datastore.videos,
        store=open_store(settings.image_location, flush=settings.flush),
        announcer=CoalescingAnnouncer(Hinter(settings.controller, join_token)),
        clock=time.time,
        traces=open_traces("video", os.environ),
    )
    terms = Terms(
        limits=settings.limits,
        video_limits=settings.video_limits,
        window_frames=settings.video_window_frames,
        window_bytes=settings.video_window_bytes,
        lease_s=settings.video_lease_s,
        scratch=scratch,
    )
    desk = Desk(tools, terms, settings.videos_at_once, stop)
    listener = Listener(
        settings.controller,
        join_token,
        topics=(str(Topic.VIDEOS), str(Topic.CANCELLED)),
        on_announcement=lambda _: desk.wake(),
        on_reconnect=desk.wake,
    )
    record = settings.at_home.run / "video.json"
    write_record(record, pid=os.getpid())
    log.info("waiting for videos", extra=fields(at_once=settings.videos_at_once))
    try:
        while not stop.requested:
            try:
                desk.look()
            except NotReady as error:
                log.warning("the datastore is away", extra=fields(detail=error.detail))
            desk.wait(settings.video_poll_s)
    finally:
        desk.join(_ENDS_WITHIN_S)
        listener.close()
        tools.traces.close()
        remove_record(record)
        shutil.rmtree(scratch, ignore_errors=True)
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
