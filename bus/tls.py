"""TLS for the bus, both ends with certificates of the authority that comes of the join token.

The names are roles: the authority vouches for components, wherever they are.
"""

from __future__ import annotations

import socket
import ssl

import pynng

from bus.addresses import BusAddress
from dpip.authority import Authority

_SERVER, _CLIENT = "bus.dpip.internal", "component.dpip.internal"
_LOOK_S = 2.0


def server_tls(join_token: str) -> pynng.TLSConfig:
    """Takes connections only from those who hold the join token."""
    authority = Authority(join_token)
    own = authority.issue([_SERVER])
    return pynng.TLSConfig(
        pynng.TLSConfig.MODE_SERVER,
        own_cert_string=own.certificate,
        own_key_string=own.key,
        ca_string=authority.certificate,
        auth_mode=pynng.TLSConfig.AUTH_MODE_REQUIRED,
    )


def client_tls(join_token: str) -> pynng.TLSConfig:
    """Talks only to those who hold the join token."""
    authority = Authority(join_token)
    own = authority.issue([_CLIENT])
    return pynng.TLSConfig(
        pynng.TLSConfig.MODE_CLIENT,
        server_name=_SERVER,
        own_cert_string=own.certificate,
        own_key_string=own.key,
        ca_string=authority.certificate,
        auth_mode=pynng.TLSConfig.AUTH_MODE_REQUIRED,
    )


def holds_another_token(controller: BusAddress, join_token: str) -> bool:
    """True when somebody answers there with a certificate that our join token does not vouch for.

    nng dials again and again without a word why; this asks once, to tell a user.
    """
    context = ssl.create_default_context(cadata=Authority(join_token).certificate)
    try:
        with (
            socket.create_connection((controller.dialled_host, controller.port), _LOOK_S) as plain,
            context.wrap_socket(plain, server_hostname=_SERVER),
        ):
            return False
    except ssl.SSLCertVerificationError:
        return True
    except OSError:
        return False
