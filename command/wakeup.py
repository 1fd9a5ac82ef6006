"""Waiting for children, their output and signals in one place, without a thread."""

from __future__ import annotations

import contextlib
import selectors
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Wakeup:
    """A selector that signals interrupt too. Use it as `with wakeup.installed():` in the main thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self.stop_signals: list[signal.Signals] = []

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Take over SIGINT, SIGTERM, SIGHUP and SIGCHLD, and give them back."""
        numbers = (*_STOPPING, signal.SIGCHLD)
        before = {number: signal.signal(number, self._handle) for number in numbers}
        old = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._reader, selectors.EVENT_READ)
        try:
            yield
        finally:
            signal.set_wakeup_fd(old)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._selector.close()
            self._reader.close()
            self._writer.close()

    def watch(self, descriptor: int, owner: object) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, owner)

    def forget(self, descriptor: int) -> None:
        """Stop watching; nothing happens when it is not watched."""
        with contextlib.suppress(KeyError):
            self._selector.unregister(descriptor)

    def wait(self, timeout_s: float | None) -> list[object]:
        """Owners of the descriptors that can be read; returns early when a signal comes."""
        ready = []
        for key, _ in self._selector.select(timeout_s):
            if key.fileobj is self._reader:
                self._drain()
            else:
                ready.append(key.data)
        return ready

    def _drain(self) -> None:
        try:
            while self._reader.recv(4096):
                pass
        except BlockingIOError:
            return

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self.stop_signals.append(signal.Signals(number))
