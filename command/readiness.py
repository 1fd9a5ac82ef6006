"""Is the system ready? What the API says of itself."""

from __future__ import annotations

import contextlib
import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path

_TIMEOUT_S = 2.0


def api_ready(url: str, trusted: Path | None = None) -> tuple[bool, str]:
    """What GET /health/ready of the API at `url` says: ready or not, and why not.

    `trusted`: PEM file of its certificate, or of who vouches for it.
    """
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]  # it is on this machine
    if url.startswith("https:"):
        handlers.append(urllib.request.HTTPSHandler(context=_trusting(trusted)))
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(f"{url}/health/ready", timeout=_TIMEOUT_S):
            return True, ""
    except urllib.error.HTTPError as error:
        with error, contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            return False, str(json.loads(error.read())["detail"])
        return False, f"the API answers {error.code}"
    except (OSError, ValueError):
        return False, "the API does not answer yet"


def _trusting(trusted: Path | None) -> ssl.SSLContext:
    """The certificate may be made out to another name than this machine dials: the key behind it counts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the system's own authorities take long to load
    context.check_hostname = False
    if trusted is not None and trusted.exists():
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it may be the server's own certificate
        context.load_verify_locations(trusted)
    else:
        context.load_default_certs()
    return context
