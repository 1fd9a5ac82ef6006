"""What Ray processes, and processes that call `ray.init`, find in their environment."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from dpip.home import PRIVATE_FOLDER

CLUSTER_SWITCH = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"

# A node that is silent for 4 x (1 s + 1.5 s) is dead. Ray's own values take over a minute, and much
# shorter ones take a node that is merely starved of CPU for a dead one.
_HEALTH_CHECKS = {
    "RAY_health_check_initial_delay_ms": "3000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "1500",
    "RAY_health_check_failure_threshold": "4",
}
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_enable_metrics_collection": "false",
    "RAY_event_stats": "false",
    "RAY_enable_worker_prestart": "false",
    "RAY_prestart_worker_first_driver": "false",
    # Jobs are placed by the memory they need; Ray would kill workers for what others on the machine use.
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "PYTHONUNBUFFERED": "1",
}


def ray_environment(token_file: Path) -> dict[str, str]:
    """Variables for every process that is, or talks to, a Ray node. Ray reads them when it is imported."""
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token_file),
        # Off, Ray takes 127.0.0.1 as it is and listens there alone; on, it would take the machine's outer
        # address instead, and listen on all. Nothing else that is used here depends on it but joining.
        CLUSTER_SWITCH: "0",
        **_HEALTH_CHECKS,
        **_QUIET,
    }


def prepare_for_ray(token_file: Path) -> None:
    """Set this process's own environment; raises `RuntimeError` when Ray has read another one already."""
    wanted = ray_environment(token_file)
    if "ray" in sys.modules and any(os.environ.get(name) != value for name, value in wanted.items()):
        raise RuntimeError("the environment for Ray must be set before Ray is imported")
    os.environ.update(wanted)
    for name in ("RAY_ADDRESS", "RAY_AUTH_TOKEN"):
        os.environ.pop(name, None)


def write_token(file: Path, token: str) -> Path:
    """Make `file` hold `token`, readable by its owner alone; it changes whole or not at all."""
    with contextlib.suppress(FileNotFoundError):
        if file.read_text() == token:
            return file
    file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent)  # 0600 from the start
    with os.fdopen(descriptor, "w") as stream:
        stream.write(token)
    Path(name).replace(file)
    return file
