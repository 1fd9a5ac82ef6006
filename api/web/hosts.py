"""Requests name the host that they are for, once: one without, or with two, a proxy could understand in
another way than this server (RFC 9112, section 3.2)."""

from __future__ import annotations

import re

from flask import Flask, request

from dpip.errors import Malformed

# RFC 3986, section 3.2.2. Its comma is left out: the server joins several headers by one.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]+)(:[0-9]*)?")
_BEFORE_HOSTS = frozenset({"HTTP/1.0", "HTTP/1"})  # the second is how the server writes the first


def install(app: Flask) -> None:
    """Refuse what does not name one host, whatever route it asks for."""

    @app.before_request
    def check() -> None:
        host = request.environ.get("HTTP_HOST") or ""
        if not host and request.environ.get("SERVER_PROTOCOL") in _BEFORE_HOSTS:
            return
        if not _HOST.fullmatch(host):
            raise Malformed("a request has one Host header, with a name or an address, and maybe a port")
