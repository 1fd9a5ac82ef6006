"""What other packages use of this one."""

from __future__ import annotations

from cluster.addresses import free_port, is_local, local_ip_towards, reachable, resolve
from cluster.environment import prepare_for_ray, ray_environment, write_token
from cluster.folder import sweep
from cluster.head import HeadRecord, read_head, wait_for_head
from cluster.starting import NodeProcess, join_node, start_head

__all__ = [
    "HeadRecord",
    "NodeProcess",
    "free_port",
    "is_local",
    "join_node",
    "local_ip_towards",
    "prepare_for_ray",
    "ray_environment",
    "reachable",
    "read_head",
    "resolve",
    "start_head",
    "sweep",
    "wait_for_head",
    "write_token",
]
