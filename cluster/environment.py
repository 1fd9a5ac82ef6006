"""What Ray processes, and processes that call `ray.init`, find in their environment."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from dpip.authority import COMPONENT_DAYS, Authority
from dpip.certificates import ensure_authority, ensure_certificate, own_names
from dpip.home import Home, write_secret

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

# What Ray looks at ten times a second for uses that are not ours: spilling to disk, autoscaling, pulling
# large objects, lists of tasks. Without, an idle GCS takes a third less CPU, and a raylet a fifth.
_SELDOM = {
    "RAY_local_fs_monitor_interval_ms": "10000",
    "RAY_raylet_report_resources_period_milliseconds": "1000",
    "RAY_gcs_pull_resource_loads_period_milliseconds": "5000",
    "RAY_io_context_monitor_probe_interval_ms": "10000",
    "RAY_raylet_check_gc_period_milliseconds": "5000",
    "RAY_kill_idle_workers_interval_ms": "5000",
    "RAY_object_manager_timer_freq_ms": "1000",
    "RAY_task_events_report_interval_ms": "0",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """The files by which a process proves to Ray, and Ray to it, that it belongs here."""

    token: Path
    certificate: Path | None = None  # and its key; None: Ray speaks in clear
    authority: Path | None = None


def credentials(home: Home, join_token: str, ray_token: str, *, encrypted: bool) -> Credentials:
    """Write what is not there yet; `encrypted`: for a cluster that speaks TLS."""
    token = write_secret(home.ray_token, ray_token)
    if not encrypted:
        return Credentials(token)
    authority = Authority(join_token)
    ensure_certificate(home.ray_certificate, authority, own_names(), COMPONENT_DAYS)
    return Credentials(token, home.ray_certificate, ensure_authority(home, authority))


def ray_environment(shown: Credentials) -> dict[str, str]:
    """Variables for every process that is, or talks to, a Ray node. Ray reads them when it is imported."""
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(shown.token),
        **_tls(shown),
        # Off, Ray takes 127.0.0.1 as it is and listens there alone; on, it would take the machine's outer
        # address instead, and listen on all. Nothing else that is used here depends on it but joining.
        CLUSTER_SWITCH: "0",
        **_HEALTH_CHECKS,
        **_QUIET,
        **_SELDOM,
    }


def _tls(shown: Credentials) -> dict[str, str]:
    """Both ends of every connection of Ray's show a certificate, once this is on."""
    if shown.certificate is None:
        return {"RAY_USE_TLS": "0"}
    return {
        "RAY_USE_TLS": "1",
        "RAY_TLS_SERVER_CERT": str(shown.certificate),
        "RAY_TLS_SERVER_KEY": str(shown.certificate),
        "RAY_TLS_CA_CERT": str(shown.authority),
    }


def prepare_for_ray(shown: Credentials) -> None:
    """Set this process's own environment; raises `RuntimeError` when Ray has read another one already."""
    wanted = ray_environment(shown)
    if "ray" in sys.modules and any(os.environ.get(name) != value for name, value in wanted.items()):
        raise RuntimeError("the environment for Ray must be set before Ray is imported")
    os.environ.update(wanted)
    for name in ("RAY_ADDRESS", "RAY_AUTH_TOKEN"):
        os.environ.pop(name, None)
