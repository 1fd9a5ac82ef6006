"""The only file of the worker that speaks Ray. Call `prepare_for_ray` before importing it."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ray
from ray._raylet import GcsClient  # type: ignore[attr-defined]  # compiled
from ray.exceptions import GetTimeoutError, RayActorError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cluster.names import RAY_NAMESPACE, actor_name
from dpip.errors import NotReady
from worker.actor import ActorSpec, ActorStatus, WorkerActor
from worker.places import Place

CALLS_AT_ONCE = 64
CREATE_WITHIN_S = 45.0
ANSWER_WITHIN_S = 5.0
_ASK_GCS_S = 2.0
_ALIVE = 0  # GcsNodeInfo.ALIVE


class ActorDied(Exception):
    """The actor's process is gone, and so is all that it had in hand."""


class ActorSilent(Exception):
    """The actor does not answer; it may be busy, stuck, or cut off."""


def alive_nodes(address: str) -> tuple[str, ...]:
    """IP addresses of the cluster's nodes. Raises `NotReady` when it does not say, or not to us.

    Make sure that the address can be reached at all: Ray is slow to give up.
    """
    try:
        nodes = GcsClient(address=address).get_all_node_info(timeout=_ASK_GCS_S)
    except (RayError, RuntimeError, ConnectionError) as error:
        words = str(error).splitlines()
        raise NotReady(f"Ray at {address} does not let us in: {words[0] if words else error!r}") from error
    return tuple(node.node_manager_address for node in nodes.values() if node.state == _ALIVE)


def connect(address: str, node_ip: str) -> str:
    """Become a driver on the node at `node_ip`, which must be there; returns the node's id.

    Raises `NotReady`. Ray takes the signal handlers: install your own again.
    """
    try:
        with _signals_held_back():
            ray.init(
                address=address,
                namespace=RAY_NAMESPACE,
                _node_ip_address=node_ip,
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=False,
            )
    except (RayError, RuntimeError, ConnectionError) as error:
        raise NotReady(f"Ray at {address} does not take us: {error}") from error
    return str(ray.get_runtime_context().get_node_id())


def disconnect() -> None:
    ray.shutdown()


@dataclass(frozen=True)
class ActorHandle:
    """A live actor of ours."""

    handle: Any
    incarnation: int
    pid: int

    def status(self) -> ActorStatus:
        """Raises `ActorDied` or `ActorSilent`."""
        status: ActorStatus = _answer(self.handle.status.remote(), ANSWER_WITHIN_S)
        return status

    def use(self, place: Place) -> None:
        """Raises `ActorDied` or `ActorSilent`."""
        _answer(self.handle.use.remote(place), ANSWER_WITHIN_S)

    def kill(self) -> None:
        """Whatever it has in hand is lost."""
        ray.kill(self.handle)


def create_actor(spec: ActorSpec, incarnation: int, node_id: str) -> ActorHandle:
    """Start the actor on this node and wait until it answers. Raises `ActorDied` or `ActorSilent`."""
    options = {
        "name": actor_name(spec.worker_id, incarnation),
        "namespace": RAY_NAMESPACE,
        "num_cpus": 0,  # jobs are placed by what they need, not by Ray's slots
        "max_concurrency": CALLS_AT_ONCE,
        "max_restarts": 0,
        "scheduling_strategy": NodeAffinitySchedulingStrategy(node_id, soft=False),
    }
    try:
        handle: Any = ray.remote(WorkerActor).options(**options).remote(spec)
    except (RayError, ValueError) as error:
        raise ActorDied(str(error)) from error
    try:
        status: ActorStatus = _answer(handle.status.remote(), CREATE_WITHIN_S)
    except ActorSilent:
        ray.kill(handle)
        raise
    return ActorHandle(handle, incarnation, status.pid)


def _answer(reference: Any, within_s: float) -> Any:
    try:
        return ray.get(reference, timeout=within_s)
    except RayActorError as error:
        raise ActorDied(str(error)) from error
    except (GetTimeoutError, RayError) as error:
        raise ActorSilent(str(error)) from error


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Ray's handlers would end the process without a word; a signal waits until ours are back."""
    ours = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.pthread_sigmask(signal.SIG_BLOCK, ours)
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ours)
