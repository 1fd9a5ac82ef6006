"""`python -m controller`: wire the bus, the datastore and the image store together, and run them."""

from __future__ import annotations

import logging
import os
import secrets
import sys
import time
from functools import cache, partial

from bus.listener import HEARTBEAT_S
from bus.messages import Announcement, Topic
from controller.bus import BusServer
from controller.config import ControllerSettings
from controller.deliverer import Deliverer, Lanes
from controller.monitor import Monitor
from controller.periodic import repeat
from controller.reports import ReportBuffer
from controller.service import Figures, Service, Terms
from controller.sweeper import Sweeper
from datastore import Datastore, wait_for_datastore
from dpip.errors import ConfigError, DpipError
from dpip.lifecycle import EXIT_BROKEN, Stop, Supervised, stop_on_signals
from dpip.logs import configure, fields
from dpip.ports import ImageStore
from dpip.records import remove_record, write_record
from dpip.settings import EXIT_USAGE, is_loopback, load, parse_address
from dpip.trust import read_authorities, trust
from storage import open_store, shared_folder
from webhooks import Sealer, Sender

_PROGRAM = "python -m controller"
_THIN_INTERVAL_S = 300.0
_FORGET_INTERVAL_S = 3600.0
_FIRST_SWEEP_S = 60.0
_RETRY_S = 0.5
_JOIN_S = 5.0
_GUESSABLE_CHARS = 20
_LEASE_S = 30.0  # of a delivery, beside the time for its answer: names take long to resolve at times

log = logging.getLogger("controller")


def main() -> int:
    settings = load(ControllerSettings, _PROGRAM)
    configure("controller", settings.log_level, settings.log_format)
    stop = Stop()
    stop_on_signals(stop)
    try:
        store = open_store(settings.image_location, flush=settings.flush)
        host, port = parse_address(settings.controller)
        join_token = settings.own_join_token()
        if not is_loopback(host) and len(join_token) < _GUESSABLE_CHARS:
            log.warning("the join token is short enough to be guessed; one of 64 random hex digits is not")
        server = BusServer(host, port, join_token)
        try:
            datastore = wait_for_datastore(settings.datastore_url, stop, flush=settings.flush)
            if datastore is None:
                return 0
            with datastore:
                return _serve(settings, server, datastore, store, stop)
        finally:
            server.close()
    except ConfigError as error:
        sys.stderr.write(f"{_PROGRAM}: {error.detail}\n")
        return EXIT_USAGE
    except DpipError as error:
        log.error("cannot go on: %s", error.detail)  # noqa: TRY400 - its cause was named, and is not ours
        return EXIT_BROKEN


def _serve(
    settings: ControllerSettings, server: BusServer, datastore: Datastore, store: ImageStore, stop: Stop
) -> int:
    boot = secrets.token_hex(8)
    reports = ReportBuffer()
    sweeper = Sweeper(store, datastore.catalog, datastore.queue, settings.sweep_grace_s, time.time)
    service = Service(
        register=datastore.register,
        tokens=datastore.tokens,
        leadership=datastore.leadership,
        endpoints=datastore.endpoints,
        reports=reports,
        shared_folder=cache(partial(shared_folder, store)),
        announcer=server,
        terms=Terms(boot, settings.report_interval_s, settings.worker_token_s),
        clock=time.time,
        figures=lambda: Figures(server.tally.counted(), sweeper.kept),
    )
    monitor = Monitor(
        datastore.register,
        reports,
        server,
        interval_s=settings.report_interval_s,
        lost_after_s=settings.lost_after_s,
        clock=time.time,
    )
    deliverer = _deliverer(settings, datastore)
    chores = {
        "monitor": partial(monitor.run, stop),
        "heartbeat": partial(
            repeat,
            "heartbeat",
            partial(server.announce, Topic.CONTROLLER, {"boot": boot}),
            HEARTBEAT_S,
            stop,
        ),
        "thinning": partial(
            repeat,
            "thinning of samples",
            partial(_thin, datastore),
            _THIN_INTERVAL_S,
            stop,
        ),
        "audit": partial(
            repeat,
            "forgetting of old audit entries",
            lambda: datastore.audit.forget(time.time() - settings.audit_s),
            _FORGET_INTERVAL_S,
            stop,
        ),
        "receipts": partial(
            repeat,
            "forgetting of idempotency keys",
            lambda: datastore.receipts.sweep(time.time()),
            _FORGET_INTERVAL_S,
            stop,
        ),
        "webhooks": partial(deliverer.run, stop),
        "deliveries": partial(
            repeat,
            "forgetting of old deliveries to webhooks",
            lambda: datastore.outbox.forget(time.time() - settings.webhook_kept_s),
            _FORGET_INTERVAL_S,
            stop,
        ),
        "sweeper": partial(
            repeat,
            "sweep of the image store",
            partial(sweeper.sweep, stop),
            settings.sweep_interval_s,
            stop,
            first_after_s=min(_FIRST_SWEEP_S, settings.sweep_interval_s),
        ),
    }
    record = settings.at_home.run / "controller.json"

    def on_hint(hint: Announcement) -> None:
        service.on_hint(hint)
        if hint.topic in {Topic.PROGRESS, Topic.CANCELLED}:  # of which webhooks tell
            deliverer.wake()

    server.start(service.handle, on_hint, stop)
    threads = [Supervised(name, chore, stop).start() for name, chore in chores.items()]
    write_record(record, address=str(server.address), pid=os.getpid())
    log.info("listening", extra=fields(address=server.address, boot=boot))
    stop.wait()
    log.info("stopping", extra=fields(reason=stop.reason))
    remove_record(record)
    server.close_entrances()
    reports.wake()
    deliverer.wake()
    for thread in threads:
        thread.join(_JOIN_S)
    if any(thread.failed for thread in (*threads, *server.threads)):
        return EXIT_BROKEN
    monitor.tick()  # what came last
    return 0


def _deliverer(settings: ControllerSettings, datastore: Datastore) -> Deliverer:
    trusted = trust("" if settings.tls_ca is None else read_authorities(settings.tls_ca))
    at_once = settings.webhooks_at_once
    return Deliverer(
        datastore.outbox,
        Sender(settings.webhook_allowance, settings.webhook_timeout_s, trusted),
        Sealer(settings.own_join_token()),
        schedule=settings.webhook_schedule,
        lanes=Lanes(at_once, max(1, at_once // 4)),
        lease_s=settings.webhook_timeout_s + _LEASE_S,
    )


def _thin(datastore: Datastore) -> None:
    datastore.register.thin_samples(time.time())
    datastore.history.thin(time.time())


if __name__ == "__main__":
    sys.exit(main())
