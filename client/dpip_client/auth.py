"""How a request says who asks."""

from __future__ import annotations

import base64


def basic(user: str, password: str) -> str:
    """HTTP Basic (RFC 7617), in UTF-8."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def bearer(token: str) -> str:
    return f"Bearer {token}"
