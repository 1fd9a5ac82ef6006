"""Raw sockets of the bus, for what no component of ours would say."""

from __future__ import annotations

from typing import TypeVar

import pynng

from bus.tls import client_tls

S = TypeVar("S", bound=pynng.Socket)


def dialled(socket: S, url: str, join_token: str) -> S:
    """The socket, connected with the certificate of one who holds the join token."""
    socket.tls_config = client_tls(join_token)
    socket.dial(url, block=True)
    return socket
