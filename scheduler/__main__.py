"""`python -m scheduler`: wire the datastore, the bus and Ray to the dispatcher, and run it."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

from bus.client import Hinter
from bus.coalescing import CoalescingAnnouncer
from bus.listener import Listener
from bus.messages import Announcement, Topic
from bus.seal import derive
from cluster.addresses import local_ip_towards
from cluster.environment import credentials, prepare_for_ray
from datastore import Datastore, wait_for_datastore
from dpip.errors import ConfigError, Fenced, NotReady
from dpip.garbage import spare_what_is_loaded
from dpip.lifecycle import Stop, stop_on_signals
from dpip.logs import configure, fields
from dpip.records import remove_record, write_record
from dpip.settings import EXIT_USAGE, load, parse_address
from scheduler.config import SchedulerSettings
from scheduler.dispatcher import Dispatcher, Hint
from scheduler.leader import Leader
from scheduler.pace import Pace
from scheduler.placing import DispatchLimits
from scheduler.ray_cluster import RayCluster
from telemetry import open_traces

log = logging.getLogger("scheduler")

RETRY_S = 0.5
RAY_AGAIN_S = 2.0
DRAIN_S = 5.0
PROGRESS_EVERY_S = 0.1  # of one workload, told to whoever watches it
HINTS = {
    str(Topic.WORK): Hint.WORK,
    str(Topic.WORKERS): Hint.WORKERS,
    str(Topic.CANCELLED): Hint.CANCELLED,
}


def main() -> int:
    settings = load(SchedulerSettings, "python -m scheduler")
    configure("scheduler", settings.log_level, settings.log_format)
    stop = Stop()
    stop_on_signals(stop)
    try:
        join_token = settings.secret_join_token()
    except ConfigError as error:
        sys.stderr.write(f"python -m scheduler: {error.detail}\n")
        return EXIT_USAGE
    home = settings.at_home
    prepare_for_ray(credentials(home, join_token, derive(join_token, "ray"), encrypted=settings.encrypts_ray))

    ray_cluster = RayCluster(home, settings.ray_address)
    again = False
    try:
        datastore = wait_for_datastore(settings.datastore_url, stop, flush=settings.flush)
        if datastore is not None:
            try:
                again = _lead(settings, join_token, datastore, ray_cluster, stop)
            finally:
                datastore.close()
    finally:
        if not again:
            ray_cluster.close()
    if again:
        log.warning("starting over")
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return 0


def _lead(
    settings: SchedulerSettings, join_token: str, datastore: Datastore, ray_cluster: RayCluster, stop: Stop
) -> bool:
    """Campaign, then place jobs until stopped. True when the process should start over."""
    # Here, while Ray starts: it takes half a second to load.
    from scheduler.ray_gateway import RayGateway, connect  # noqa: PLC0415

    leader = Leader(datastore.leadership, settings.leader_term_s)
    if not ray_cluster.find(stop) or not leader.campaign(stop):
        return False
    # Workers may join while this process still connects.
    datastore.leadership.announce_ray(leader.epoch, ray_cluster.address)

    log.info("connecting to Ray", extra=fields(address=ray_cluster.address))
    try:
        connect(ray_cluster.address, local_ip_towards(parse_address(ray_cluster.address)[0]))
    except NotReady as error:
        log.warning("Ray does not take this scheduler; trying again", extra=fields(reason=error.detail))
        leader.resign()
        stop_on_signals(stop)
        return not stop.wait(RAY_AGAIN_S)
    stop_on_signals(stop)  # again: Ray has put its own handlers there
    limits = DispatchLimits(settings.lease_s, settings.poll_s, settings.max_attempts, settings.ageing_s)
    gateway = RayGateway()
    traces = open_traces("scheduler", os.environ)
    announcer = CoalescingAnnouncer(Hinter(settings.controller, join_token), PROGRESS_EVERY_S)
    dispatcher = Dispatcher(
        datastore.queue,
        datastore.register,
        gateway,
        leader.epoch,
        limits,
        on_progress=lambda workload_id: announcer.announce(Topic.PROGRESS, {"workload": workload_id}),
        pace=Pace(),
        traces=traces,
    )
    gateway.start(dispatcher.tell)

    def on_announcement(announcement: Announcement) -> None:
        if announcement.topic in HINTS:
            dispatcher.tell(HINTS[announcement.topic])

    record = settings.at_home.run / "scheduler.json"
    listener = Listener(
        settings.controller,
        join_token,
        topics=tuple(HINTS),
        on_announcement=on_announcement,
        on_reconnect=lambda: dispatcher.tell(Hint.WORKERS),
    )
    spare_what_is_loaded()
    try:
        return _run(leader, dispatcher, ray_cluster, record, stop)
    finally:
        listener.close()
        announcer.close()
        gateway.close()
        leader.resign()
        traces.close()
        remove_record(record)


def _run(leader: Leader, dispatcher: Dispatcher, ray_cluster: RayCluster, record: Path, stop: Stop) -> bool:
    begun = False
    while not stop.requested:
        try:
            leader.keep()
            if not begun:
                dispatcher.begin()
                begun = True
                write_record(record, pid=os.getpid(), epoch=leader.epoch, ray_address=ray_cluster.address)
                log.info("placing jobs", extra=fields(epoch=leader.epoch, ray=ray_cluster.address))
            dispatcher.step()
        except NotReady as error:
            log.warning("the datastore is away", extra=fields(detail=error.detail))
            stop.wait(RETRY_S)
        except Fenced:
            log.warning("another scheduler leads now")
            return True
        if ray_cluster.gone():
            return True
    _drain(leader, dispatcher)
    return False


def _drain(leader: Leader, dispatcher: Dispatcher) -> None:
    """Place nothing more, but take in for a while what is coming back."""
    dispatcher.stop_placing()
    deadline = time.monotonic() + DRAIN_S
    while dispatcher.in_flight and time.monotonic() < deadline:
        try:
            leader.keep()
            dispatcher.step(RETRY_S)
        except (NotReady, Fenced):
            return


if __name__ == "__main__":
    sys.exit(main())
