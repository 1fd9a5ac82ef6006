"""What every answer tells browsers and caches: take it for what it says it is, run nothing in it, frame it
nowhere, use it on no other site, and keep none of it unless it says so."""

from __future__ import annotations

import re

from flask import Flask, Response, request

from dpip.settings import is_loopback

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_PORT = re.compile(r":[0-9]*$")
_HTTPS_ONLY = "max-age=31536000"  # a year, as is usual


def install(app: Flask) -> None:
    """Where a view set one of these itself, that stays."""

    @app.after_request
    def tell(response: Response) -> Response:
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        if request.is_secure and not _is_this_machine(request.host):
            response.headers.setdefault("Strict-Transport-Security", _HTTPS_ONLY)
        return response


def _is_this_machine(host: str) -> bool:
    """On `localhost`, browsers would do without plain HTTP for all other programs' ports, too."""
    return is_loopback(_PORT.sub("", host).strip("[]").lower())
