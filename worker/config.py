"""Settings of a worker."""

from __future__ import annotations

import re
import secrets
import socket
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import CliSuppress

from dpip import names
from dpip.errors import Malformed
from imaging.limits import MEBIBYTE
from imaging.settings import LimitSettings
from worker.machine import usable_cores

_NAME_MAX_CHARS = 63
_PART_OF_MEMORY = 0.85


def default_name() -> str:
    """This machine's name, as far as a worker can be called so."""
    host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname()).lstrip("._-")
    return host[:_NAME_MAX_CHARS] or "worker"


def _name(text: str) -> str:
    try:
        return names.label(text, "worker name")
    except Malformed as error:
        raise ValueError(error.detail) from None


def _tags(text: str) -> str:
    try:
        return ",".join(names.tags(text))
    except Malformed as error:
        raise ValueError(error.detail) from None


class WorkerSettings(LimitSettings):
    """Filter images on this machine for a controller."""

    worker_name: Annotated[str, AfterValidator(_name)] = Field(
        default_factory=default_name,
        description="what this worker is called; no two may share a name (default: this machine's name)",
    )
    tags: Annotated[str, AfterValidator(_tags)] = Field(
        "", description="what it offers, separated by commas: workloads may ask for it"
    )
    cores: int = Field(
        default_factory=usable_cores,
        ge=1,
        le=1024,
        description="jobs that it runs side by side (default: the cores it may use)",
    )
    job_limit_s: float = Field(
        300.0, ge=1, description="seconds after which a picture counts as stuck, and its process is replaced"
    )
    memory_limit_mib: int = Field(
        0,
        ge=0,
        description="memory that its actor may hold before it is replaced (0: 85 % of this machine's)",
    )
    drain_s: float = Field(60.0, ge=0, description="seconds that running jobs get to end when it is stopped")
    name_patience_s: float = Field(
        15.0, ge=0, description="seconds to wait for a name that another worker holds"
    )
    with_parent: bool = Field(False, description="stop when the process that started this one ends")
    # What a worker that starts itself anew hands on, so that it is known as the same one.
    instance: CliSuppress[str] = Field(default_factory=lambda: secrets.token_hex(16))

    def memory_limit_bytes(self, machine_bytes: int) -> int:
        """Of the actor, on a machine with so much memory."""
        return self.memory_limit_mib * MEBIBYTE or int(machine_bytes * _PART_OF_MEMORY)

    @property
    def tag_names(self) -> tuple[str, ...]:
        return names.tags(self.tags)
