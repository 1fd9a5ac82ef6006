"""`python -m worker`: wire the bus to a worker's process, run it, and begin anew where Ray was lost."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from pathlib import Path
from typing import NoReturn

from bus.client import Requester
from bus.seal import derive
from cluster.environment import credentials, prepare_for_ray
from dpip import lifecycle, logs, settings
from dpip.authority import Authority
from dpip.errors import ConfigError
from dpip.settings import ENV_PREFIX, EXIT_TRY_LATER, EXIT_USAGE
from imaging.codec_set import use_codecs
from worker.config import WorkerSettings
from worker.gpus import GpuWatch
from worker.machine import Meter
from worker.subscription import NameTaken, Unwelcome

log = logging.getLogger("worker")

PROGRAM = "python -m worker"
ANSWER_WITHIN_MS = 3000
_FIRST_FILE = 3  # after standard input, output and error


def main() -> int:
    config = settings.load(WorkerSettings, PROGRAM)
    logs.configure("worker", config.log_level, config.log_format)
    stop = lifecycle.Stop()
    lifecycle.stop_on_signals(stop)
    if config.with_parent:
        lifecycle.die_with_parent()
    try:
        join_token = config.secret_join_token()
        authorities = config.authorities(Authority(join_token).certificate)
    except ConfigError as error:
        return _refused(error.detail)
    shown = credentials(config.at_home, join_token, derive(join_token, "ray"), encrypted=config.encrypts_ray)
    prepare_for_ray(shown)

    from worker.process import WorkerProcess  # noqa: PLC0415 - imports Ray, which reads the environment then
    from worker.session import Ending  # noqa: PLC0415 - likewise

    bus = Requester(config.controller, join_token, ANSWER_WITHIN_MS)
    gpus = GpuWatch()
    use_codecs(config.codecs)
    try:
        ending = WorkerProcess(config, bus, Meter(config.cores, gpus), shown, authorities, stop).run()
    except Unwelcome as error:
        status = _refused(error.detail)
        return EXIT_TRY_LATER if isinstance(error, NameTaken) else status
    finally:
        gpus.close()
        bus.close()
    if ending is Ending.START_OVER and not stop.requested:
        _start_over(config.instance)
    # Ray's own threads may still wait for a cluster that is gone: no reason to wait for them.
    logging.shutdown()
    os._exit(0)


def _refused(why: str) -> int:
    sys.stderr.write(f"{PROGRAM}: {why}\n")
    return EXIT_USAGE


def _start_over(instance: str) -> NoReturn:
    """Ray cannot be left and entered again cleanly in one process: become a new one, under the same id."""
    log.warning("starting over")
    for entry in Path("/proc/self/fd").iterdir():
        if int(entry.name) >= _FIRST_FILE:
            with contextlib.suppress(OSError):
                os.set_inheritable(int(entry.name), False)
    os.environ[f"{ENV_PREFIX}INSTANCE"] = instance
    logging.shutdown()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
