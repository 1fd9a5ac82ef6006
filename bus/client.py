"""The components' end of the bus: hints to the controller, questions to it, and its announcements.

Nothing here waits for the controller to be there: sockets dial in the background, for ever.
"""

from __future__ import annotations

import contextlib
import logging
import threading

import pynng

from bus.addresses import RECONNECT_MAX_MS, RECONNECT_MIN_MS, bus_address
from bus.frames import ADVICE, MAX_REPLY_BYTES, Asking, Telling, Unworded
from bus.listener import Listener
from bus.messages import Reply, Request
from bus.seal import Replayed, WrongToken
from bus.tally import Count, uncounted
from bus.tls import client_tls, holds_another_token
from bus.wire import receive
from dpip.errors import NotReady

_HINTS_KEPT = 64  # on their way; more are dropped
_FOREVER_MS = -1

__all__ = ["Hinter", "Listener", "Requester"]
log = logging.getLogger(__name__)


class Hinter:
    """An `Announcer`: hints go to the controller, which announces them to all. Any thread may use it."""

    def __init__(self, controller: str, join_token: str, count: Count = uncounted) -> None:
        self._count = count
        self._telling = Telling(join_token, "hint")
        self._socket = pynng.Push0(
            send_buffer_size=_HINTS_KEPT,
            reconnect_time_min=RECONNECT_MIN_MS,
            reconnect_time_max=RECONNECT_MAX_MS,
        )
        self._socket.tls_config = client_tls(join_token)
        self._socket.dial(bus_address(controller).hints, block=False)

    def announce(self, topic: str, body: dict[str, str]) -> None:
        """Never blocks, never raises: a hint that finds no room or nobody there is dropped."""
        try:
            self._socket.send(self._telling.frame(topic, body), block=False)
        except (pynng.NNGException, ValueError) as error:
            self._count("hint", "dropped")
            log.debug("hint dropped: %s: %s", topic, error)
        else:
            self._count("hint", "sent")

    def close(self) -> None:
        self._socket.close()


class Requester:
    """Asks the controller, one question at a time; any thread may use it."""

    def __init__(self, controller: str, join_token: str, timeout_ms: int = 5000) -> None:
        self._controller = bus_address(controller)
        self._join_token = join_token
        self._tls = client_tls(join_token)
        self._asking = Asking(join_token)
        self._timeout_ms = timeout_ms
        self._lock = threading.Lock()
        self._socket: pynng.Req0 | None = None
        self._closed = False

    def ask(self, message: Request) -> Reply:
        """The controller's answer.

        Raises `NotReady` when none comes within the timeout, `Unauthenticated` when the controller
        holds another join token or its clock is too far away, `Malformed` when it is not understood.
        """
        try:
            try:
                return self._ask(message)
            except Unworded:  # the first question to this start of the controller
                return self._ask(message)
        except (Replayed, Unworded) as error:  # the wire repeated itself; a new request has a new nonce
            raise NotReady(f"the controller at {self._controller} gave no fresh answer") from error

    def _ask(self, message: Request) -> Reply:
        frame, nonce = self._asking.request(message)
        with self._lock:
            answer = self._exchange(frame)
        return self._asking.reply(answer, nonce)

    def close(self) -> None:
        """Wait for the question that is being asked, if any, then ask no more."""
        with self._lock:
            self._closed = True
            self._hang_up()

    def _exchange(self, frame: bytes) -> bytes:
        if self._closed:
            raise NotReady("this end of the bus is closed")
        try:
            if self._socket is None:
                self._socket = self._dial()
            self._socket.send(frame)
            return receive(self._socket)
        except pynng.NNGException as error:
            # A connection to a machine that vanished looks alive for minutes: begin anew.
            self._hang_up()
            if holds_another_token(self._controller, self._join_token):
                raise WrongToken(ADVICE[WrongToken]) from error
            raise NotReady(
                f"the controller at {self._controller} does not answer ({type(error).__name__}); "
                "is it running? python -m controller"
            ) from error

    def _dial(self) -> pynng.Req0:
        socket = pynng.Req0(
            send_timeout=self._timeout_ms,
            recv_timeout=self._timeout_ms,
            recv_max_size=MAX_REPLY_BYTES,
            reconnect_time_min=RECONNECT_MIN_MS,
            reconnect_time_max=RECONNECT_MAX_MS,
            resend_time=_FOREVER_MS,
        )
        socket.tls_config = self._tls
        try:
            socket.dial(self._controller.requests, block=False)
        except pynng.NNGException:
            socket.close()
            raise
        return socket

    def _hang_up(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(pynng.NNGException):
                self._socket.close()
            self._socket = None
