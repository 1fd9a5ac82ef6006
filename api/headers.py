"""What every answer tells a browser: take it for what it says it is, run nothing in it, frame it nowhere."""

from __future__ import annotations

from flask import Flask, Response

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}


def install(app: Flask) -> None:
    """Where a view set one of these itself, that stays."""

    @app.after_request
    def tell(response: Response) -> Response:
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        return response
