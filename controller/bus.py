"""The controller's sockets: bound when made, served when run, and no frame believed unless it opens."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from functools import partial

import pynng

from bus.frames import Answering, Hearing, Telling, Unworded
from bus.messages import Announcement, Rejected, Reply, Request
from bus.tally import Tally
from bus.wire import receive
from controller.sockets import bind
from dpip.errors import DpipError, Malformed, Unauthenticated
from dpip.lifecycle import Stop, Supervised
from dpip.logs import fields
from dpip.ports import Clock

_ANSWERING_THREADS = 4
_JOIN_S = 5.0

log = logging.getLogger(__name__)


class BusServer:
    """Three listening sockets in a row; see `bus.messages` for what is said on which."""

    def __init__(self, host: str, port: int, join_token: str) -> None:
        """Bind `port` and the next two, or any three in a row for port 0. Raises `ConfigError`."""
        self.tally = Tally()
        self._answering = Answering(join_token)
        self._telling = Telling(join_token, "announcement")
        self._hearing = Hearing(join_token, "hint")
        self._sockets = bind(host, port, join_token)
        self.address = self._sockets.address
        self._contexts = [self._sockets.requests.new_context() for _ in range(_ANSWERING_THREADS)]
        self.threads: list[Supervised] = []
        self._closing = threading.Event()
        self._refusals = SparseLog(log)

    def start(
        self, handle: Callable[[Request], Reply], on_hint: Callable[[Announcement], None], stop: Stop
    ) -> None:
        """Answer requests with `handle` and pass hints to `on_hint`, each in threads of their own."""
        for number, context in enumerate(self._contexts):
            self._thread(f"bus-answers-{number}", partial(self._answer, context, handle), stop)
        self._thread("bus-hints", partial(self._take_hints, on_hint), stop)

    def announce(self, topic: str, body: dict[str, str]) -> None:
        """This is the controller's own `Announcer`: straight to everybody who listens."""
        try:
            self._sockets.announcements.send(self._telling.frame(topic, body), block=False)
        except (pynng.NNGException, ValueError) as error:
            self.tally("announcement", "dropped")
            log.debug("announcement dropped: %s: %s", topic, error)
        else:
            self.tally("announcement", "sent")

    def close_entrances(self) -> None:
        """Take nothing in any more; what is being asked now goes without an answer."""
        self._closing.set()
        # A socket that is closed while a thread answers on it makes nng abort the process: first the threads.
        if not self._threads_ended():
            log.warning("a request is still being handled; its socket is left to the end of the process")
            return
        for context in self._contexts:
            with contextlib.suppress(pynng.NNGException):  # closed before
                context.close()
        self._sockets.requests.close()
        self._sockets.hints.close()

    def _threads_ended(self) -> bool:
        with contextlib.ExitStack() as stack:
            if not all(thread.join(0) for thread in self.threads):
                with contextlib.suppress(pynng.NNGException):  # then they look by themselves, later
                    stack.enter_context(self._sockets.woken(_ANSWERING_THREADS))
            return all(thread.join(_JOIN_S) for thread in self.threads)

    def close(self) -> None:
        """Close everything; does no harm twice."""
        self.close_entrances()
        self._sockets.announcements.close()

    def _thread(self, name: str, run: Callable[[], None], stop: Stop) -> None:
        self.threads.append(Supervised(name, run, stop).start())

    def _answer(self, context: pynng.Context, handle: Callable[[Request], Reply]) -> None:
        while not self._closing.is_set():
            try:
                frame = context.recv()
                if not self._closing.is_set():
                    context.send(self._reply(frame, handle))
            except pynng.Timeout:
                continue
            except pynng.Closed:
                return
            except pynng.NNGException as error:  # this client's trouble, not the next one's
                log.debug("a client went away: %s", error)

    def _reply(self, frame: bytes, handle: Callable[[Request], Reply]) -> bytes:
        try:
            message, nonce = self._answering.open(frame)
        except Unworded as error:
            return self._answering.refusal(error)
        except Unauthenticated as error:
            self.tally("request", "refused")
            self._refusals.warning("request refused: %s", error.detail)
            return self._answering.refusal(error)
        self.tally("request", "received")
        try:
            reply = handle(self._answering.parse(message))
        except Malformed as error:
            reply = Rejected(reason="malformed", detail=error.detail)
        except Exception:  # one request that trips us up must not end the bus for all others
            log.exception("a request failed")
            reply = Rejected(reason="not-ready", detail="the controller failed; its log says why")
        return self._answering.reply(reply, nonce)

    def _take_hints(self, on_hint: Callable[[Announcement], None]) -> None:
        while not self._closing.is_set():
            try:
                frame = receive(self._sockets.hints)
                if not self._closing.is_set():
                    self._take_hint(self._hearing.announcement(frame), on_hint)
            except pynng.Timeout:
                continue
            except pynng.Closed:
                return
            except pynng.NNGException as error:
                log.debug("a client went away: %s", error)
            except DpipError as error:
                self.tally("hint", "refused")
                log.debug("hint refused: %s", error)

    def _take_hint(self, hint: Announcement, on_hint: Callable[[Announcement], None]) -> None:
        self.tally("hint", "received")
        on_hint(hint)


class SparseLog:
    """Warns at most once in `every_s`: a stranger at the door must not fill the disk with log lines."""

    def __init__(self, to: logging.Logger, every_s: float = 10.0, clock: Clock = time.monotonic) -> None:
        self._to = to
        self._every_s = every_s
        self._clock = clock
        self._silent_until = float("-inf")
        self._left_out = 0

    def warning(self, message: str, detail: str) -> None:
        now = self._clock()
        if now < self._silent_until:
            self._left_out += 1
            return
        self._to.warning(message, detail, extra=fields(left_out_before=self._left_out))
        self._silent_until, self._left_out = now + self._every_s, 0
