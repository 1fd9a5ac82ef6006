"""Which sockets of a host can be called from others, and what they say to a stranger."""

from __future__ import annotations

import http.client
import ssl
import subprocess

from tests.system.hosts import Host

_TIMEOUT_S = 5.0
_NO_TLS = {"WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING", "RECORD_LAYER_FAILURE"}


def open_ports(host: Host) -> list[int]:
    """TCP ports on which the host listens for others."""
    shown = subprocess.run(
        ["ip", "netns", "exec", host.namespace, "ss", "--tcp", "--listening", "--numeric", "--no-header"],
        check=True,
        capture_output=True,
        text=True,
    )
    local = [line.split()[3].rpartition(":") for line in shown.stdout.splitlines()]
    return sorted({int(port) for address, _, port in local if address not in {"127.0.0.1", "[::1]"}})


def stranger_is_told(host: Host, port: int) -> str:
    """`tls`: nothing without it; else the status that a plain HTTP request gets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # whoever it is: does it speak TLS?
    try:
        connection = http.client.HTTPSConnection(host.address, port, timeout=_TIMEOUT_S, context=context)
        connection.connect()
        connection.close()
    except ssl.SSLError as error:
        if error.reason not in {
            "WRONG_VERSION_NUMBER",
            "UNEXPECTED_EOF_WHILE_READING",
            "RECORD_LAYER_FAILURE",
        }:
            return "tls"  # it wants a certificate of us
    else:
        return "tls"
    plain = http.client.HTTPConnection(host.address, port, timeout=_TIMEOUT_S)
    try:
        plain.request("POST", "/get_or_create_runtime_env", body=b"")
        return str(plain.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return f"no answer ({type(error).__name__})"
    finally:
        plain.close()
