"""Settings of the local Ray head."""

from __future__ import annotations

import socket

from pydantic import Field

from cluster.addresses import free_port, resolve
from dpip.errors import ConfigError
from dpip.settings import MAX_PORT, Common, is_loopback, parse_address

_ANY = frozenset({"0.0.0.0", "::"})


class HeadSettings(Common):
    """Run the Ray head of this machine until it is told to stop."""

    ray_ip: str | None = Field(
        None, description="address of this machine on which Ray listens (default: the controller's)"
    )
    ray_port: int = Field(0, ge=0, le=MAX_PORT, description="port of Ray's GCS (0: any free one)")
    ray_dashboard: bool = Field(False, description="run Ray's dashboard too")
    ray_dashboard_port: int = Field(8265, ge=1, le=MAX_PORT, description="where the dashboard listens")
    with_parent: bool = Field(False, description="stop when the process that started this one ends")

    def node_ip(self) -> str:
        """The address that Ray's processes use. Raises `ConfigError` for one that cannot be used."""
        host = self.ray_ip or parse_address(self.controller)[0]
        if host in _ANY:
            raise ConfigError(
                f"Ray needs an address that other machines can call, and {host} is none: "
                "set DPIP_RAY_IP to this machine's own"
            )
        try:
            ip = resolve(host)
            free_port(ip)
        except OSError as error:
            raise ConfigError(
                f"Ray cannot listen on {host} ({error}): set DPIP_RAY_IP to an address of this machine "
                f"({socket.gethostname()})"
            ) from None
        if not is_loopback(ip) and not self.encrypts_ray:
            self.refuse_plaintext(ip, "Ray")
        return ip
