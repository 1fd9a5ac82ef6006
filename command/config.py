"""Settings of `dpip up`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from dpip import names
from dpip.errors import Malformed
from dpip.settings import ENV_PREFIX, MAX_PORT, Common

RAY_LOCAL = "wait"  # what components are told when this command starts the Ray head beside them


def _tags(text: str) -> str:
    """As they are, when every worker will take them: better told now than by a worker."""
    try:
        names.tags(text)
    except Malformed as error:
        raise ValueError(error.detail) from None
    return text


class UpSettings(Common):
    """Start controller, Ray, scheduler, API and workers on this machine, and watch over them."""

    host: str = Field("127.0.0.1", description="address that the API listens on")
    port: int = Field(8080, ge=0, le=MAX_PORT, description="port of the API; 0 picks a free one")
    workers: int = Field(1, ge=0, le=64, description="how many workers to start")
    tags: Annotated[str, AfterValidator(_tags)] = Field(
        "", description="tags of these workers, separated by commas"
    )
    ray_address: str | None = Field(
        None, description="GCS of a Ray cluster that runs already, as host:port (default: start one here)"
    )
    cores: int | None = Field(
        None,
        ge=1,
        le=1024,
        description="jobs that each worker runs side by side (default: this machine's cores, shared by them)",
    )
    drain_s: float = Field(
        60.0, ge=0, description="seconds that running jobs get to end when the system is stopped"
    )
    tls_cert: Path | None = Field(
        None, description="file of the API's TLS certificate chain, PEM (default: one of its own making)"
    )
    tls_key: Path | None = Field(None, description="file of the API's TLS private key (PEM)")
    verbose: bool = Field(False, description="show all log lines, not only warnings and errors")

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("--tls-cert and --tls-key go together: give both or none")
        return self

    @property
    def starts_ray(self) -> bool:
        return self.ray_address is None

    @property
    def scheme(self) -> str:
        return "https" if self.tls_cert is not None or self.encrypts(self.host) else "http"

    @property
    def trusted(self) -> Path | None:
        """What a client must be told to believe this API; None when it speaks in clear."""
        if self.scheme == "http":
            return None
        return self.tls_cert or self.at_home.tls_authority

    @property
    def cores_each(self) -> int | None:
        """Cores of one worker; None leaves it to the worker, which is alone here then."""
        if self.cores is not None or self.workers < 2:  # noqa: PLR2004 - one has nobody to share with
            return self.cores
        return max(len(os.sched_getaffinity(0)) // self.workers, 1)

    def for_children(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment of the components: what this process was given, and every setting by its name.

        Secrets travel here too, never on a command line, which is for everybody to read.
        """
        children = dict(environment)
        for name in set(type(self).model_fields) - {"verbose", "ray_address", "cores"}:
            value = getattr(self, name)
            if value is not None:
                children[ENV_PREFIX + name.upper()] = _text(value)
        if self.cores_each is not None:
            children[f"{ENV_PREFIX}CORES"] = str(self.cores_each)
        children[f"{ENV_PREFIX}HOME"] = str(self.at_home.path)
        children[f"{ENV_PREFIX}RAY_ADDRESS"] = self.ray_address or RAY_LOCAL
        return children


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
