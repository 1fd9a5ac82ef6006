"""Whom a client believes: the authorities that this machine trusts anyway, and those that it is told of."""

from __future__ import annotations

import ssl
from pathlib import Path

from dpip.errors import ConfigError


def trust(authorities: str) -> ssl.SSLContext:
    """For a client; `authorities` is PEM text and may be empty. Names are checked, always."""
    context = ssl.create_default_context()
    if authorities:
        context.load_verify_locations(cadata=authorities)
    return context


def read_authorities(file: Path) -> str:
    """PEM text of a file. Raises `ConfigError` where it holds no certificate."""
    try:
        text = file.read_text()
        ssl.create_default_context(cadata=text)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigError(f"{file} is no file of certificates in PEM: {error}") from None
    return text
