"""Is the system ready? What the API says of itself."""

from __future__ import annotations

import contextlib
import http.client
import json

_TIMEOUT_S = 2.0


def api_ready(address: str) -> tuple[bool, str]:
    """What GET /health/ready at `host:port` says: ready or not, and why not."""
    connection = http.client.HTTPConnection(address, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return False, "the API does not answer yet"
    finally:
        connection.close()
    if answer.status == http.client.OK:
        return True, ""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return False, str(json.loads(body)["detail"])
    return False, f"the API answers {answer.status}"
