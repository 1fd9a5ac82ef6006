"""The only file of the scheduler that speaks Ray."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine, Sequence
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError

from cluster.names import RAY_NAMESPACE, actor_name
from dpip.domain import ClaimedJob, Worker
from dpip.errors import NotReady
from dpip.logs import fields
from scheduler.gateway import CallEnded, CallOutcomes, Ending, Event, EventSink

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 5.0


def connect(address: str, node_ip: str) -> None:
    """Become a driver in the cluster. Check the address first: this hangs on a dead one.

    Raises `NotReady`.
    """
    try:
        ray.init(
            address=address,
            namespace=RAY_NAMESPACE,
            _node_ip_address=node_ip,
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=False,
        )
    except Exception as error:  # a dozen kinds, by what is wrong: the token, the version, the node
        why = str(error).strip().partition("\n")[0] or type(error).__name__
        raise NotReady(f"no connection to Ray at {address} from {node_ip}: {why}") from error


def _nobody_listens(event: Event) -> None:
    raise RuntimeError(f"the gateway was not started; {event} is for nobody")


class RayGateway:
    """Calls to worker actors as streams of outcomes, all of them on one event loop in a thread."""

    def __init__(self) -> None:
        self._on_event: EventSink = _nobody_listens
        self._actors: dict[tuple[str, int], Any] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ray-calls", daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, on_event: EventSink) -> None:
        """Events of calls go to `on_event` from now on, in this gateway's own thread."""
        self._on_event = on_event
        self._thread.start()

    def send(self, call: int, worker: Worker, batch: Sequence[ClaimedJob]) -> None:
        self._spawn(self._call(call, worker, list(batch)))

    def cancel(self, worker: Worker, jobs: Sequence[tuple[str, int]]) -> None:
        self._spawn(self._cancel(worker, list(jobs)))

    def close(self) -> None:
        """Stop listening to every call; what runs on the workers goes on."""

        async def stop() -> None:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        try:
            asyncio.run_coroutine_threadsafe(stop(), self._loop).result(CLOSE_TIMEOUT_S)
        except TimeoutError:
            log.warning("calls did not end in time")
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_TIMEOUT_S)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        def start() -> None:
            task = self._loop.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self._loop.call_soon_threadsafe(start)

    async def _call(self, call: int, worker: Worker, batch: list[ClaimedJob]) -> None:
        try:
            actor = await self._actor(worker)
            stream = actor.run.options(num_returns="streaming").remote(batch)
            async for reference in stream:
                self._on_event(CallOutcomes(call, tuple(await reference)))
            self._on_event(CallEnded(call, Ending.COMPLETE))
        except RayActorError as error:
            self._forget(worker)
            self._on_event(CallEnded(call, Ending.DIED, type(error).__name__))
        except ValueError:  # no actor of that name: nothing of the batch has begun
            self._forget(worker)
            self._on_event(CallEnded(call, Ending.ABSENT))
        except RayError as error:
            log.warning("call failed", extra=fields(worker=worker.name, error=repr(error)))
            self._on_event(CallEnded(call, Ending.BROKEN, type(error).__name__))

    async def _cancel(self, worker: Worker, jobs: list[tuple[str, int]]) -> None:
        try:
            actor = await self._actor(worker)
            await actor.cancel.remote(jobs)
        except (RayError, ValueError) as error:
            log.info("cancel did not reach the worker", extra=fields(worker=worker.name, error=repr(error)))

    async def _actor(self, worker: Worker) -> Any:
        key = (worker.id, worker.incarnation)
        actor = self._actors.get(key)
        if actor is None:
            name = actor_name(*key)
            actor = await asyncio.to_thread(ray.get_actor, name, namespace=RAY_NAMESPACE)
            self._actors[key] = actor
        return actor

    def _forget(self, worker: Worker) -> None:
        self._actors.pop((worker.id, worker.incarnation), None)
