"""With which certificate the API serves: the one it was given, one of its own making, or none."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from api.config import ApiSettings
from api.web.server import Tls
from dpip.authority import Authority
from dpip.certificates import API_DAYS, ensure_authority, ensure_certificate, own_names
from dpip.errors import ConfigError

_EVERYWHERE = {"", "0.0.0.0", "::"}


def tls_of(settings: ApiSettings, join_token: str) -> Tls | None:
    """None: the API speaks in clear. Raises `ConfigError` for files that cannot be read."""
    if settings.tls_cert is not None and settings.tls_key is not None:
        for file in (settings.tls_cert, settings.tls_key):
            if not os.access(file, os.R_OK):
                raise ConfigError(f"the API cannot read {file}")
        return Tls(settings.tls_cert, settings.tls_key)
    if not settings.encrypted:
        return None
    authority, file = Authority(join_token), settings.at_home.api_certificate

    def renew() -> bool:
        return ensure_certificate(file, authority, names_of(settings), API_DAYS)

    renew()
    ensure_authority(settings.at_home, authority)
    return Tls(file, file, renew)


def names_of(settings: ApiSettings) -> list[str]:
    """By what names clients may call this API."""
    advertised = urlsplit(settings.advertise_url or "").hostname or ""
    return list(dict.fromkeys([*own_names(), *({settings.host, advertised} - _EVERYWHERE)]))
