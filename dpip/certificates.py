"""Certificates of the system's own authority in files: made when they are missing, renewed in time."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import psutil
from cryptography import x509

from dpip.authority import Authority, covers
from dpip.home import Home, write_secret

API_DAYS = 397  # browsers take no server's certificate that lives longer than 398 days
_RENEW_AT = 1 / 3  # of its life left
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def own_names() -> tuple[str, ...]:
    """What this machine is called and every address of it."""
    addresses = (
        address.address.partition("%")[0]
        for interface in psutil.net_if_addrs().values()
        for address in interface
        if address.family in {socket.AF_INET, socket.AF_INET6}
    )
    return tuple(dict.fromkeys((*LOOPBACK, socket.gethostname(), *addresses)))


def ensure_authority(home: Home, authority: Authority) -> Path:
    """The authority's certificate as a file, for clients: it is no secret."""
    write_secret(home.tls_authority, authority.certificate)
    home.tls_authority.chmod(0o644)
    return home.tls_authority


def ensure_certificate(file: Path, authority: Authority, names: Iterable[str], days: int) -> bool:
    """Make `file` hold a certificate for `names`, and its key. True when it was made anew.

    Both in one file, which changes whole: nobody reads the key of one with the certificate of another.
    """
    wanted = tuple(names)
    if _good(file, authority, wanted):
        return False
    issued = authority.issue(wanted, days)
    write_secret(file, issued.certificate + issued.key)
    return True


def _good(file: Path, authority: Authority, names: Iterable[str]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    return left > _RENEW_AT * life and authority.issued(certificate) and covers(certificate, names)
