"""What pynng needs help with."""

from __future__ import annotations

import pynng


def receive(socket: pynng.Socket) -> bytes:
    """The next frame. `Socket.recv` raises RuntimeError for an empty one, which any stranger can send."""
    return bytes(socket.recv_msg().bytes)
