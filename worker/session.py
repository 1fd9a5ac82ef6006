"""A worker inside Ray: its actor is watched, replaced when it dies or sticks, and kept up to date."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto

from bus.messages import Subscribed
from dpip.domain import WorkerState
from dpip.lifecycle import Stop
from dpip.logs import fields
from worker.actor import ActorSpec
from worker.bounded import LeftBehind, bounded
from worker.places import Place
from worker.ray_actor import ActorDied, ActorHandle, ActorSilent, create_actor
from worker.ray_node import RayNode
from worker.record import Record
from worker.reporting import Reporter
from worker.standing import Board
from worker.subscription import Subscription

log = logging.getLogger(__name__)

TICK_S = 1.0  # between two questions to the actor: each wakes four processes
IDLE_TICK_S = 3.0
DRAIN_TICK_S = 0.25
FIRST_PAUSE_S = 0.5
QUIET_S = 1.0  # a batch that was sent before the scheduler heard of the drain comes within this time
MISSES_TO_BE_LOST = 3  # looks at Ray, a second apart
SILENCES_TO_BE_STUCK = 3  # questions to the actor
LOOK_AT_RAY_S = 1.0
ASK_AGAIN_S = 1.0
KILL_WITHIN_S = 5.0
SHORT_LIFE_S = 5.0  # an actor that dies so young is not replaced at once
LONGEST_PAUSE_S = 10.0


class Ending(Enum):
    STOPPED = auto()
    START_OVER = auto()  # Ray is gone, or another one


class Session:
    """From the first actor to the end. Call its methods from the main thread."""

    def __init__(
        self,
        spec: ActorSpec,
        told: Subscribed,
        node: RayNode,
        node_id: str,
        board: Board,
        reporter: Reporter,
        subscription: Subscription,
        record: Record,
        choose_place: Callable[[Subscribed], Place | None],
        stop: Stop,
    ) -> None:
        self._spec = spec
        self._told = told
        self._node = node
        self._node_id = node_id
        self._board = board
        self._reporter = reporter
        self._subscription = subscription
        self._record = record
        self._choose_place = choose_place
        self._stop = stop
        self._actor: ActorHandle | None = None
        self._actor_since = 0.0
        self._incarnation = 0
        self._pause_s = 0.0
        self._silences = 0
        self._misses = 0
        self._look_at_ray_at = 0.0
        self._ask_at = 0.0

    def serve(self) -> Ending:
        """Work until stopped, or until there is nothing to work in."""
        while not self._stop.requested:
            if self._ray_is_lost():
                log.error("Ray is gone", extra=fields(address=self._told.ray_address))
                return Ending.START_OVER
            if self._reporter.forgotten.is_set() and not self._subscribed_again():
                return Ending.START_OVER
            if self._actor is None:
                if not self._new_actor():
                    return Ending.START_OVER
            else:
                self._look_at(self._actor)
            if self._actor is not None:  # else another one is made at once
                self._stop.wait(self._tick_s())
        return Ending.STOPPED

    def _tick_s(self) -> float:
        """Seconds until the next look; a trouble of an idle actor is nobody's yet."""
        return TICK_S if self._board.standing.running_jobs or self._silences else IDLE_TICK_S

    def drain(self, within_s: float) -> None:
        """Take nothing new, let what runs end, and end the actor."""
        self._board.change(state=WorkerState.DRAINING)
        self._reporter.report()
        deadline = time.monotonic() + within_s
        quiet_since = time.monotonic()
        while self._actor is not None and time.monotonic() < max(deadline, quiet_since):
            try:
                running = self._actor.status().running
            except (ActorDied, ActorSilent):
                break
            self._board.change(running_jobs=running)
            now = time.monotonic()
            if running:
                quiet_since = now
            elif now - quiet_since >= QUIET_S:
                break
            time.sleep(DRAIN_TICK_S)
        self._end_actor()

    def _end_actor(self) -> None:
        """Whatever it has in hand is lost."""
        actor, self._actor = self._actor, None
        if actor is not None:
            deadline = time.monotonic() + KILL_WITHIN_S
            with contextlib.suppress(LeftBehind):
                bounded(actor.kill, lambda: time.monotonic() > deadline, "kill-actor")

    def _ray_is_lost(self) -> bool:
        now = time.monotonic()
        if now >= self._look_at_ray_at:
            self._look_at_ray_at = now + LOOK_AT_RAY_S
            self._misses = self._misses + 1 if self._node.lost else 0
        return self._misses >= MISSES_TO_BE_LOST

    def _look_at(self, actor: ActorHandle) -> None:
        try:
            status = actor.status()
        except ActorDied:
            log.warning("the actor died; making another", extra=fields(incarnation=actor.incarnation))
            self._actor = None
            return
        except ActorSilent:
            self._silences += 1
            if self._silences >= SILENCES_TO_BE_STUCK:
                self._give_up(actor, "it does not answer")
            return
        self._silences = 0
        self._board.change(running_jobs=status.running)
        if status.oldest_s > self._spec.job_limit_s:
            self._give_up(actor, f"a picture has been on it for {status.oldest_s:.0f} s")
        elif status.memory_bytes > self._spec.memory_limit_bytes:  # before the kernel ends whom it likes
            self._give_up(actor, f"it holds {status.memory_bytes / 2**20:,.0f} MiB")

    def _give_up(self, actor: ActorHandle, why: str) -> None:
        log.error("ending the actor", extra=fields(incarnation=actor.incarnation, reason=why))
        self._end_actor()

    def _new_actor(self) -> bool:
        """False when Ray makes none."""
        if self._actor_since:
            self._board.change(state=WorkerState.JOINING, running_jobs=0)
            short = time.monotonic() - self._actor_since < SHORT_LIFE_S
            self._pause_s = min(2 * self._pause_s or FIRST_PAUSE_S, LONGEST_PAUSE_S) if short else 0.0
            if self._stop.wait(self._pause_s):
                return True
        # Never a number that an earlier process of this worker may have used.
        self._incarnation = max(self._incarnation + 1, int(time.time()))
        try:
            self._actor = bounded(
                lambda: create_actor(self._spec, self._incarnation, self._node_id),
                lambda: self._stop.requested or self._ray_is_lost(),
                "create-actor",
            )
        except LeftBehind:
            return self._stop.requested
        except (ActorDied, ActorSilent) as error:
            log.warning("no actor could be made", extra=fields(reason=str(error)[:500]))
            return False
        self._actor_since = time.monotonic()
        self._silences = 0
        self._record.write(
            worker_id=self._spec.worker_id,
            actor_pid=self._actor.pid,
            node_id=self._node_id,
            incarnation=self._incarnation,
        )
        self._board.change(state=WorkerState.ALIVE, incarnation=self._incarnation)
        log.info("ready", extra=fields(worker=self._spec.worker_id, actor=self._actor.pid))
        return True

    def _subscribed_again(self) -> bool:
        """False when the controller now names another Ray."""
        if time.monotonic() < self._ask_at:
            return True
        self._ask_at = time.monotonic() + ASK_AGAIN_S
        told = self._subscription.ask_once()
        if told is None:
            return True
        log.info("subscribed again", extra=fields(worker=told.worker_id))
        self._reporter.boot = told.boot
        self._reporter.forgotten.clear()
        if told.ray_address not in {None, self._told.ray_address}:
            return False
        place = self._choose_place(told) or self._spec.place
        self._adopt(told.worker_id, place)
        self._board.change(worker_id=told.worker_id, report_interval_s=told.report_interval_s)
        self._board.wake()
        return True

    def _adopt(self, worker_id: str, place: Place) -> None:
        """Another id needs another actor; another place does not."""
        before, self._spec = self._spec, replace(self._spec, worker_id=worker_id, place=place)
        if self._actor is None or self._spec == before:
            return
        if worker_id != before.worker_id:
            self._end_actor()
            return
        try:
            self._actor.use(place)
        except (ActorDied, ActorSilent):
            self._end_actor()
