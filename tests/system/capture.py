"""What a listener on the cable sees: every frame on an interface, as bytes (root, Linux)."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType

_ALL_PROTOCOLS = 0x0003  # ETH_P_ALL of linux/if_ether.h
_FORCED_BUFFER = 33  # SO_RCVBUFFORCE of asm-generic/socket.h: root may have more than others
_LOOK_S = 0.2
_FRAME = 1 << 17
_BUFFER = 64 << 20


class Capture:
    """`with Capture("eth0") as seen: ...`; afterwards `seen.bytes` holds it all, frame after frame."""

    def __init__(self, interface: str) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(_ALL_PROTOCOLS))
        self._socket.setsockopt(socket.SOL_SOCKET, _FORCED_BUFFER, _BUFFER)
        self._socket.bind((interface, 0))
        self._socket.settimeout(_LOOK_S)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self.bytes = bytearray()

    def __enter__(self) -> Capture:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(10)
        self._socket.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                self.bytes += self._socket.recv(_FRAME)
