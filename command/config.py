"""Settings of `dpip up`."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, SecretStr

from dpip.settings import ENV_PREFIX, MAX_PORT, Common

RAY_LOCAL = "wait"  # what components are told when this command starts the Ray head beside them


class UpSettings(Common):
    """Start controller, Ray, scheduler, API and workers on this machine, and watch over them."""

    host: str = Field("127.0.0.1", description="address that the API listens on")
    port: int = Field(8080, ge=0, le=MAX_PORT, description="port of the API; 0 picks a free one")
    workers: int = Field(1, ge=0, le=64, description="how many workers to start")
    tags: str = Field("", description="tags of these workers, separated by commas")
    ray_address: str | None = Field(
        None, description="GCS of a Ray cluster that runs already, as host:port (default: start one here)"
    )
    verbose: bool = Field(False, description="show all log lines, not only warnings and errors")

    @property
    def starts_ray(self) -> bool:
        return self.ray_address is None

    def for_children(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment of the components: what this process was given, and every setting by its name.

        Secrets travel here too, never on a command line, which is for everybody to read.
        """
        children = dict(environment)
        for name in set(type(self).model_fields) - {"verbose", "ray_address"}:
            value = getattr(self, name)
            if value is not None:
                children[ENV_PREFIX + name.upper()] = _text(value)
        children[f"{ENV_PREFIX}HOME"] = str(self.at_home.path)
        children[f"{ENV_PREFIX}RAY_ADDRESS"] = self.ray_address or RAY_LOCAL
        return children


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
