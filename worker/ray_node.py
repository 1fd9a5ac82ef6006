"""Seeing to it that this machine is part of the Ray cluster: one node, however many workers."""

from __future__ import annotations

import fcntl
import hashlib
import logging
from collections.abc import Callable
from typing import TextIO

from cluster.addresses import is_local, local_ip_towards, reachable, resolve
from cluster.environment import Credentials
from cluster.node import NodeProcess, join_node
from dpip.errors import NotReady
from dpip.home import Home
from dpip.lifecycle import Stop
from dpip.logs import fields
from dpip.settings import parse_address

log = logging.getLogger(__name__)

_LOOK_S = 0.3
_CHECK_TIMEOUT_S = 1.0


class RayNode:
    """The Ray node of this machine in the cluster at `address`."""

    def __init__(self, address: str, home: Home, shown: Credentials) -> None:
        self.address = address
        self._home = home
        self._shown = shown
        self._joined: NodeProcess | None = None
        self._lock: TextIO | None = None

    @property
    def lost(self) -> bool:
        """True when the cluster cannot be reached, or the node that this process started has died."""
        if self._joined is not None and not self._joined.alive:
            return True
        return not reachable(self.address, _CHECK_TIMEOUT_S)

    def ensure(self, alive_nodes: Callable[[str], tuple[str, ...]], stop: Stop) -> str | None:
        """Return the node's IP address once it is there; None when a stop was requested.

        `alive_nodes` tells the addresses of the cluster's nodes. Raises `NotReady` when the cluster
        cannot be reached, does not take our token, or the node does not start.
        """
        host, _ = parse_address(self.address)
        try:
            ip = resolve(host)
            node_ip = ip if is_local(ip) else local_ip_towards(ip)
        except OSError as error:
            raise NotReady(f"there is no way to Ray at {self.address}: {error}") from error
        while not stop.requested:
            if not reachable(self.address):
                raise NotReady(f"nobody answers at Ray's address {self.address}")
            if node_ip in alive_nodes(self.address):
                return node_ip
            if not is_local(ip) and self._may_join(node_ip):
                self._join(node_ip, stop)
                continue
            stop.wait(_LOOK_S)  # for the head's own node, or another worker's
        return None

    def leave(self) -> None:
        """End the node if this process started it."""
        if self._joined is not None:
            self._joined.stop()
            self._joined = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _may_join(self, node_ip: str) -> bool:
        """True for one worker of this machine: it holds a lock for as long as the node lives."""
        if self._lock is None:
            word = hashlib.sha256(f"{self.address} {node_ip}".encode()).hexdigest()[:16]
            self._home.ensure_folder(self._home.run)
            lock = (self._home.run / f"ray-node-{word}.lock").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                return False
            self._lock = lock
        return True

    def _join(self, node_ip: str, stop: Stop) -> None:
        log.info("joining Ray", extra=fields(address=self.address, as_ip=node_ip))
        if self._joined is not None:
            self._joined.stop()
        self._joined = join_node(
            self.address, node_ip=node_ip, shown=self._shown, logs=self._home.path / "logs"
        )
        try:
            self._joined.wait_ready(stop)
        except NotReady:
            if not stop.requested:
                raise
