"""DPIP on several hosts: network and process namespaces on a bridge, each with a worker and a Ray node."""

from __future__ import annotations

import contextlib
from pathlib import Path

from benchmarks.rivals.protocol import Missing
from benchmarks.through_dpip import OverHttp
from tests.system.hosts import hosts, why_not
from tests.system.system import Processes, System, eventually

_JOIN_S = 120.0


class HostPerCore(OverHttp):
    """The system on one host without a worker; a further host for each core, with one worker of one core.

    Hosts share no folder: workers fetch and deliver by HTTP.
    """

    def prepare(self, folder: Path, cores: int) -> None:
        reason = why_not()
        if reason is not None:
            raise Missing(reason)
        self._stack = contextlib.ExitStack()
        first, *others = self._stack.enter_context(hosts(cores + 1))
        plaintext = {"DPIP_ALLOW_PLAINTEXT": "true", "DPIP_CONTROLLER": f"{first.address}:40899"}
        here = folder / "here"
        here.mkdir()
        system = Processes(here, DPIP_HOST=first.address, DPIP_PORT="8080", **plaintext)
        self._stack.callback(system.stop)
        system.start("command", "up", "--workers", "0", prefix=first.prefix())
        client = system.client()
        self._stack.callback(client.close)
        secrets = {"DPIP_JOIN_TOKEN": system.home.join_token.read_text(), "DPIP_CORES": "1"}
        for number, host in enumerate(others, 1):
            there = folder / f"there-{number}"
            there.mkdir()
            far = Processes(there, **secrets, **plaintext)
            self._stack.callback(far.stop)
            far.start("worker", "--worker-name", f"far-{number}", prefix=host.prefix(hide=here))
        eventually(lambda: System.alive(client) == cores, f"{cores} workers alive", _JOIN_S)
        self.use(client.url, client.token)

    def close(self) -> None:
        super().close()
        if hasattr(self, "_stack"):
            self._stack.close()
