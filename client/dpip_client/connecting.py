"""What both faces share of httpx: how a client is made, and what its errors mean."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from dpip_client.auth import bearer
from dpip_client.calls import Broken, Call
from dpip_client.errors import DpipError, Unreachable
from dpip_client.retrying import Patience

DEFAULT_PORT = 8080
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"
VARIABLES = ("DPIP_URL", "DPIP_PORT", "DPIP_TOKEN", "DPIP_CA_FILE")  # what is read of the environment
AT_ONCE = 4  # requests side by side, where there are many to send
_MAX_PORT = 65535
_AGENT = "dpip-client/0.1"
# Nothing of these was sent yet.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Options:
    """Where the API is, who asks, and how patiently.

    `ca`: a PEM file of the authority that signed the server's certificate, besides those that the system
    knows. `timeout_s`: until a connection counts as broken when nothing moves on it.
    """

    url: str = DEFAULT_URL
    token: str = ""
    ca: Path | None = None
    timeout_s: float = 60.0
    at_once: int = AT_ONCE
    patience: Patience = field(default_factory=Patience)

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> Options:
        """DPIP_URL (else DPIP_PORT of this machine), DPIP_TOKEN and DPIP_CA_FILE; else the authority of a
        system on this machine."""
        given = os.environ if environment is None else environment
        url, ca = given.get("DPIP_URL") or url_here(given), given.get("DPIP_CA_FILE")
        return Options(
            url=url,
            token=given.get("DPIP_TOKEN", ""),
            ca=Path(ca) if ca else _local_authority(url, given.get("DPIP_HOME")),
        )

    def for_httpx(self) -> dict[str, Any]:
        """Arguments of httpx's clients. Raises `DpipError` for a CA file that is none, and a URL likewise."""
        return {
            "base_url": self._base(),
            "timeout": httpx.Timeout(self.timeout_s, connect=min(10.0, self.timeout_s)),
            "limits": httpx.Limits(
                max_connections=4 * self.at_once, max_keepalive_connections=4 * self.at_once
            ),
            "verify": self._verify(),
            "headers": {"User-Agent": _AGENT, "Accept-Encoding": "identity"},
            "follow_redirects": False,
        }

    def _base(self) -> httpx.URL:
        try:
            base = httpx.URL(self.url.rstrip("/"))
        except httpx.InvalidURL:
            base = httpx.URL()
        if base.scheme not in {"http", "https"} or not base.host:
            raise Unreachable(f"{self.url} is not the URL of an API; say http://host:port, or https://")
        return base

    def _verify(self) -> ssl.SSLContext | bool:
        if self.ca is None:
            return True
        try:
            context = ssl.create_default_context()
            context.load_verify_locations(cafile=str(self.ca))
        except (OSError, ssl.SSLError) as error:
            raise DpipError(f"{self.ca} is no file of certificates (PEM): {error}") from error
        return context


def url_here(environment: Mapping[str, str]) -> str:
    """Where an API of these settings would be on this machine: at DPIP_PORT, where that is a port."""
    port = environment.get("DPIP_PORT", "")
    fixed = port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _MAX_PORT
    return f"http://127.0.0.1:{int(port) if fixed else DEFAULT_PORT}"


def _local_authority(url: str, home: str | None) -> Path | None:
    """`tls/ca.pem` of DPIP_HOME (else of this file's checkout), where the API there has this URL."""
    folder = Path(home).expanduser() if home else Path(__file__).resolve().parents[2]
    authority = folder / "tls" / "ca.pem"
    try:
        told = json.loads((folder / "run" / "api.json").read_text())
        return authority if told["url"] == url.rstrip("/") and authority.is_file() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def headers(call: Call[Any], token: str) -> dict[str, str]:
    """All that are particular to this request."""
    found = dict(call.headers)
    if call.body is not None:
        found["Content-Type"] = call.body.content_type
        found["Content-Length"] = str(call.body.length)
    if token and not call.anonymous:
        found["Authorization"] = bearer(token)
    return found


def lower(given: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in given.items()}


def broken(error: httpx.HTTPError, url: str) -> Broken:
    """What a connection that failed means."""
    cause = _root(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = f"{url} shows a certificate that is not trusted: {cause.verify_message}"
        return Broken(f"{why}; name the authority that signed it (ca=, or DPIP_CA_FILE)", False, True)
    told = cause.strerror if isinstance(cause, OSError) else None  # without the number before it
    words = told[:1].lower() + told[1:] if told else str(cause) or type(cause).__name__
    if isinstance(error, httpx.TimeoutException):
        words = "no answer in time"
    return Broken(f"{url} does not answer: {words}", sent=not isinstance(error, _BEFORE_SENDING))


def _root(error: BaseException) -> BaseException:
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return error
