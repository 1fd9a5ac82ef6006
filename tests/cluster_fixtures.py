"""One real Ray head for the whole test session, and this process as a driver in it.

Starting Ray takes seconds: tests that can share a cluster do, under worker ids of their own.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cluster.addresses import free_port
from cluster.environment import Credentials
from cluster.names import RAY_NAMESPACE
from cluster.node import NodeProcess, start_head
from dpip.lifecycle import Stop

LOOPBACK = "127.0.0.1"
JOIN_TOKEN = "the join token of all tests"


@dataclass(frozen=True)
class RayCluster:
    """A head on loopback. Its token is derived from `JOIN_TOKEN`, as components derive it."""

    node: NodeProcess
    shown: Credentials

    @property
    def address(self) -> str:
        return self.node.address


@pytest.fixture(scope="session")
def ray_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayCluster]:
    shown = Credentials(Path(os.environ["RAY_AUTH_TOKEN_PATH"]))
    logs = tmp_path_factory.mktemp("ray-logs")
    node = start_head(node_ip=LOOPBACK, port=free_port(LOOPBACK), shown=shown, logs=logs)
    try:
        node.wait_ready(Stop())
        yield RayCluster(node, shown)
    finally:
        node.stop()


@pytest.fixture(scope="session")
def ray_driver(ray_cluster: RayCluster) -> Iterator[RayCluster]:
    """This process inside the cluster."""
    import ray  # noqa: PLC0415 - only for those who ask for it

    ray.init(
        address=ray_cluster.address,
        namespace=RAY_NAMESPACE,
        _node_ip_address=LOOPBACK,
        log_to_driver=False,
        logging_level=logging.ERROR,
        configure_logging=False,
    )
    try:
        yield ray_cluster
    finally:
        ray.shutdown()
