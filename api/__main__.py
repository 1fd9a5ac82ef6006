"""`python -m api`: wire the datastore, the image store and the bus to the application, and serve it."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from api.app import create_app
from api.config import ApiSettings
from api.events.news import News
from api.parts import Parts
from api.people.first_user import FirstUser, ensure_first_user
from api.people.journal import Journal
from api.people.passwords import Passwords
from api.watching import metrics
from api.watching.counts import Counts
from api.web import listener
from api.web.listener import PortTaken
from api.web.server import Server
from api.web.tls import tls_of
from bus.client import Hinter, Requester
from bus.coalescing import CoalescingAnnouncer
from bus.listener import Listener
from bus.messages import Topic
from datastore import open_datastore, wait_for_datastore
from dpip.errors import ConfigError
from dpip.garbage import spare_what_is_loaded
from dpip.home import PRIVATE_FOLDER
from dpip.lifecycle import Stop, stop_on_signals
from dpip.logs import configure, fields
from dpip.records import remove_record, write_record
from dpip.settings import EXIT_USAGE, load
from imaging.codec_set import use_codecs
from imaging.previews import Previews
from storage import open_store
from telemetry import open_traces
from webhooks import Sealer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("api")

RETRY_S = 0.5
SWITCH_S = 0.001  # threads that compute let others through so soon
NEWS = (Topic.WORK, Topic.PROGRESS, Topic.CANCELLED)  # of the bus, for streams of events
CONTROLLER_WITHIN_MS = 500  # to a question while figures are told
PORT_WITHIN_S = 5.0  # an API that was killed may need a moment to be gone


def main() -> int:
    settings = load(ApiSettings, "python -m api")
    configure("api", settings.log_level, settings.log_format)
    stop = Stop()
    stop_on_signals(stop)
    try:
        return _run(settings, stop)
    except ConfigError as error:
        sys.stderr.write(f"python -m api: {error.detail}\n")
        return EXIT_USAGE


def _run(settings: ApiSettings, stop: Stop) -> int:
    settings.check_host()
    join_token = settings.secret_join_token()
    open_store(settings.image_location, flush=settings.flush)
    sock = _bind(settings, stop)
    if sock is None:
        return 0
    server = Server(sock, settings.processes, settings.threads, tls_of(settings, join_token))
    own_url = listener.url(settings.scheme, sock)
    advertised = settings.advertise_url or listener.outward_url(settings.scheme, sock)
    # Nothing that was opened may cross the fork, so this datastore is closed again.
    if not _prepare(settings, advertised, stop):
        return 0
    listener.listen(sock)
    record = settings.at_home.run / "api.json"
    write_record(record, url=own_url, pid=os.getpid())
    counts = _counts(settings, sock)
    log.info("listening", extra=fields(url=own_url, workers_use=advertised))
    try:
        server.run(partial(_application, settings, join_token, counts, server.stopping.is_set))
    finally:
        remove_record(record)
        shutil.rmtree(counts, ignore_errors=True)
        sock.close()
    log.info("stopped")
    return 0


def _bind(settings: ApiSettings, stop: Stop) -> socket.socket | None:
    deadline = time.monotonic() + PORT_WITHIN_S
    while not stop.requested:
        try:
            return listener.bind(settings.host, settings.port)
        except PortTaken:
            if time.monotonic() > deadline:
                raise
            stop.wait(RETRY_S)
    return None


def _prepare(settings: ApiSettings, advertised: str, stop: Stop) -> bool:
    """Make the tables and the first user, and say where this API is. False when stopped meanwhile."""
    datastore = wait_for_datastore(settings.datastore_url, stop, flush=settings.flush)
    if datastore is None:
        return False
    with datastore:
        made = ensure_first_user(datastore.accounts, Passwords(), settings, settings.at_home, time.time)
        if made is not None:
            _tell(made)
        datastore.endpoints.announce_api(advertised, time.time())
    return not stop.requested


def _tell(made: FirstUser) -> None:
    """A made-up password is shown once, to a person; a log file gets to know only where it lies."""
    log.info("first user", extra=fields(user=made.name, password_file=made.password_file))
    if made.password_file is not None and sys.stderr.isatty():
        sys.stderr.write(
            f"\n    The first user is {made.name}, the password {made.password_file.read_text().strip()}\n"
            f"    (shown once; it lies in {made.password_file})\n\n"
        )


def _counts(settings: ApiSettings, sock: socket.socket) -> Path:
    """A fresh folder in which the serving processes count together; nobody else has this port."""
    folder = settings.at_home.run / "counts" / str(sock.getsockname()[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
    return folder


def _application(
    settings: ApiSettings, join_token: str, folder: Path, stopping: Callable[[], bool]
) -> WSGIApplication:
    """Called in each serving process: its own connections to everything."""
    metrics.share_counts(folder)
    use_codecs(settings.codecs)  # the estimate is of the way that workers go
    sys.setswitchinterval(SWITCH_S)
    registry = CollectorRegistry()
    counts = Counts(registry)
    datastore = open_datastore(
        settings.datastore_url, flush=settings.flush, quota=settings.quota, watch=counts.used
    )
    news = News(stopping)
    traces = open_traces("api", os.environ)
    parts = Parts(
        accounts=datastore.accounts,
        tokens=datastore.tokens,
        audit=datastore.audit,
        journal=Journal(datastore.audit, datastore.tokens, time.time),
        catalog=datastore.catalog,
        videos=datastore.videos,
        queue=datastore.queue,
        register=datastore.register,
        leadership=datastore.leadership,
        history=datastore.history,
        receipts=datastore.receipts,
        store=open_store(settings.image_location, flush=settings.flush),
        announcer=CoalescingAnnouncer(Hinter(settings.controller, join_token, counts.message)),
        webhooks=datastore.webhooks,
        sealer=Sealer(join_token),
        bounds=settings.bounds,
        previews=Previews(),
        news=news,
        ask=Requester(settings.controller, join_token, CONTROLLER_WITHIN_MS).ask,
        counted=registry,
        traces=traces,
    )

    def heard_anew() -> None:
        counts.reconnected()
        news.tell(None)

    Listener(
        settings.controller,
        join_token,
        topics=NEWS,
        on_announcement=lambda announcement: news.tell(announcement.body.get("workload")),
        on_reconnect=heard_anew,
        count=counts.message,
    )
    Finalize(None, traces.close, exitpriority=1)
    Finalize(None, parts.journal.close, exitpriority=1)  # when this process, which was forked, ends
    app = create_app(parts)
    spare_what_is_loaded()
    return app


if __name__ == "__main__":
    sys.exit(main())
