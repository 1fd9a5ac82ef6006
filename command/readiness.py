"""Is the system ready? What the API says of itself."""

from __future__ import annotations

import contextlib
import json
import ssl
import urllib.error
import urllib.request

_TIMEOUT_S = 2.0


def api_ready(url: str) -> tuple[bool, str]:
    """What GET /health/ready of the API at `url` says: ready or not, and why not."""
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),  # it is on this machine
        urllib.request.HTTPSHandler(context=_trusting()),
    )
    try:
        with opener.open(f"{url}/health/ready", timeout=_TIMEOUT_S):
            return True, ""
    except urllib.error.HTTPError as error:
        with error, contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            return False, str(json.loads(error.read())["detail"])
        return False, f"the API answers {error.code}"
    except (OSError, ValueError):
        return False, "the API does not answer yet"


def _trusting() -> ssl.SSLContext:
    """No secret goes over this connection, and the certificate is made out to another name than we dial."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
