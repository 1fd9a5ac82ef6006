"""`python -m cluster`: the Ray head of this machine, supervised."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType

from bus.seal import derive
from cluster.addresses import free_port
from cluster.config import HeadSettings
from cluster.environment import credentials
from cluster.head import HeadRecord, only_one, remove_head, write_head
from cluster.node import NodeProcess, start_head
from cluster.processes import descendants, end
from dpip import lifecycle, logs, settings
from dpip.errors import ConfigError, NotReady
from dpip.logs import fields

log = logging.getLogger("cluster")

TOKEN_PURPOSE = "ray"  # noqa: S105 - what the token is for, not a token
EXIT_NODE_DIED = 1
_TRIES = 3  # a free port may be taken before Ray takes it
_WATCH_S = 1.0


def main() -> int:
    config = settings.load(HeadSettings, "python -m cluster")
    logs.configure("ray", config.log_level, config.log_format)
    stop = lifecycle.Stop()
    stop_on_signals(stop)
    if config.with_parent:
        lifecycle.die_with_parent()
    lifecycle.adopt_orphans()
    try:
        node_ip = config.node_ip()
        with only_one(config.at_home, stop) as alone:
            return _run(config, node_ip, stop) if alone else 0
    except ConfigError as error:
        sys.stderr.write(f"python -m cluster: {error.detail}\n")
        return settings.EXIT_USAGE
    finally:
        end(descendants())


def stop_on_signals(stop: lifecycle.Stop) -> None:
    """Like `lifecycle.stop_on_signals`, but a second signal still leaves nothing behind: it only hurries.

    Nobody else knows what to clean up, and Ctrl-C and a supervisor often signal at the same time.
    """

    def handle(number: int, _frame: FrameType | None) -> None:
        if stop.requested:
            end(descendants(), within_s=0)
        stop.request(signal.Signals(number).name)

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def _run(config: HeadSettings, node_ip: str, stop: lifecycle.Stop) -> int:
    node = _started(config, node_ip, stop)
    if node is None:
        return 0 if stop.requested else EXIT_NODE_DIED
    pid = os.getpid()
    try:
        write_head(config.at_home, HeadRecord(node.address, node_ip, pid, str(node.folder)))
        log.info("Ray is up", extra=fields(address=node.address))
        while node.alive and not stop.wait(_WATCH_S):
            pass
    finally:
        remove_head(config.at_home, pid)
        died = not node.alive
        node.stop()
    if died and not stop.requested:
        log.error("the Ray head died", extra=fields(log=node.log_file))
        return EXIT_NODE_DIED
    log.info("Ray is stopped", extra=fields(reason=stop.reason))
    return 0


def _started(config: HeadSettings, node_ip: str, stop: lifecycle.Stop) -> NodeProcess | None:
    home = config.at_home
    join_token = config.secret_join_token()
    shown = credentials(home, join_token, derive(join_token, TOKEN_PURPOSE), encrypted=config.encrypts_ray)
    for _ in range(_TRIES):
        node = start_head(
            node_ip=node_ip,
            port=config.ray_port or free_port(node_ip),
            shown=shown,
            logs=home.path / "logs",
            dashboard_port=config.ray_dashboard_port if config.ray_dashboard else None,
        )
        try:
            node.wait_ready(stop)
        except NotReady as error:
            node.stop()
            if stop.requested:
                return None
            log.warning("Ray did not start", extra=fields(reason=error.detail))
        else:
            return node
    return None


if __name__ == "__main__":
    sys.exit(main())
