"""Connections that lead where they may, and end in time: what httpcore is told to use for its network."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from webhooks.allowance import Allowance
from webhooks.targets import Resolve, Target, check_target

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
Left = Callable[[], float]  # seconds until the deadline


def _within(left: Left) -> float:
    """A time for the next step. Raises `TimeoutException` when there is none."""
    seconds = left()
    if seconds <= 0:
        raise httpcore.TimeoutException
    return seconds


class Guarded(httpcore.NetworkBackend):
    """Connects to nothing but addresses of `target` that were judged a moment before."""

    def __init__(self, target: Target, allowance: Allowance, find: Resolve, left: Left) -> None:
        self._target = target
        self._allowance = allowance
        self._find = find
        self._left = left
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline counts
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """Tries one address after another. Raises `webhooks.targets.Refused`, and what httpcore raises."""
        if (host, port) != (self._target.host, self._target.port):
            raise AssertionError(f"{host}:{port} was not judged")
        failed: Exception | None = None
        for address in check_target(self._target, self._allowance, self._find):
            try:
                stream = self._network.connect_tcp(
                    str(address), port, _within(self._left), local_address, socket_options
                )
            except httpcore.NetworkError as error:
                failed = error
            else:
                return _Timed(stream, self._left)
        raise failed or AssertionError("there is always an address")


class _Timed(httpcore.NetworkStream):
    """Each step has what is left of the whole time: who sends byte by byte wins nothing."""

    def __init__(self, stream: httpcore.NetworkStream, left: Left) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, _within(self._left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, _within(self._left))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, _within(self._left)), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()
