"""Settings: from flags, else from the environment, else defaults. Read when asked, never at import.

Each process has a settings class of its own (its `config.py`) that extends `Common`; `load` makes one
from the command line and the environment, and tells every mistake at once.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    CliApp,
    CliSettingsSource,
    CliSuppress,
    SettingsConfigDict,
    SettingsError,
)

from dpip.errors import ConfigError
from dpip.flags import Parser, add_flag
from dpip.home import Home, default_home
from dpip.trust import read_authorities

ENV_PREFIX = "DPIP_"
DEFAULT_CONTROLLER = "localhost:40899"
MAX_PORT = 65535
EXIT_USAGE = 2  # what a command returns when its settings cannot work
EXIT_TRY_LATER = 75  # ... when they may, a little later (EX_TEMPFAIL)


def parse_address(text: str) -> tuple[str, int]:
    """`host:port` or `tcp://host:port` (IPv6 hosts in brackets) to (host, port). Raises ValueError."""
    bare = text.removeprefix("tcp://")
    host, separator, port = bare.rpartition(":")
    if not separator or not host or not port.isdigit() or int(port) > MAX_PORT:
        raise ValueError(f"{text!r} is not an address; say host:port, for example {DEFAULT_CONTROLLER}")
    return host.strip("[]"), int(port)


def _address(text: str) -> str:
    host, port = parse_address(text)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


Address = Annotated[str, AfterValidator(_address)]


def is_loopback(host: str) -> bool:
    """True for localhost and loopback addresses; names are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Common(BaseSettings):
    """What every component can be told."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_hide_none_type=True,
        frozen=True,
    )

    home: Path = Field(
        default_factory=default_home,
        description="folder of the database, images and secrets (default: the checkout's own folder)",
    )
    controller: Address = Field(
        DEFAULT_CONTROLLER, description="where the bus is, as host:port; the next two ports belong to it too"
    )
    # Secrets come from the environment or from files: an argument list is for everybody to read.
    database_url: CliSuppress[SecretStr | None] = Field(
        None, description="SQLAlchemy URL of the datastore (default: SQLite, dpip.sqlite3 in home)"
    )
    image_store: str | None = Field(
        None, description="folder or URL of the image store (default: images/ in home)"
    )
    join_token: CliSuppress[SecretStr | None] = Field(
        None, description="shared secret of all components (default: secrets/join_token in home)"
    )
    flush: bool = Field(
        False,
        description="flush images and database to the disk before answering: what was answered then "
        "survives a power cut of the machine that stores it, too, not only the death of every process",
    )
    tls: Literal["auto", "on", "off"] = Field(
        "auto",
        description="encrypt the API and Ray; auto: where they listen beyond loopback. The bus always is",
    )
    tls_ca: Path | None = Field(
        None,
        description="file of authorities (PEM) that may vouch for the API and for receivers of webhooks, "
        "besides the system's own and those that this machine trusts anyway",
    )
    allow_plaintext: bool = Field(
        False, description="listen beyond loopback although the wire is not encrypted"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="how much is logged")
    log_format: Literal["text", "json"] = Field("text", description="log lines for people or for programs")

    @property
    def at_home(self) -> Home:
        return Home(self.home.expanduser().resolve())

    @property
    def image_location(self) -> str:
        """Where the image store is, for `storage.open_store`."""
        return self.image_store or str(self.at_home.images)

    @property
    def datastore_url(self) -> str:
        """Where the datastore is, for `datastore.open_datastore`; may hold a password."""
        return self.database_url.get_secret_value() if self.database_url else self.at_home.database_url

    def encrypts(self, host: str) -> bool:
        """Is what listens on `host` to speak TLS?"""
        if self.tls == "auto":
            return not is_loopback(host) and not self.allow_plaintext
        return self.tls == "on"

    @property
    def encrypts_ray(self) -> bool:
        """By the controller's address, which every component knows: they must all do the same."""
        return self.encrypts(parse_address(self.controller)[0])

    def authorities(self, own: str) -> str:
        """PEM text of who may vouch for the API: the system's own authority, and `tls_ca`'s."""
        return own if self.tls_ca is None else own + read_authorities(self.tls_ca)

    def refuse_plaintext(self, host: str, what: str) -> None:
        """Raise `ConfigError` when `what` would listen in clear, beyond loopback, and nobody allowed it."""
        if not is_loopback(host) and not self.allow_plaintext:
            raise ConfigError(
                f"{what} would listen on {host}, beyond this machine, without encryption. Say --tls on, "
                f"listen on 127.0.0.1, or, if you trust that network, say --allow-plaintext"
            )

    def secret_join_token(self) -> str:
        """The join token that was given, else the one kept in home, made at first use."""
        if self.join_token is not None:
            return self.join_token.get_secret_value()
        host, _ = parse_address(self.controller)
        if not is_loopback(host) and not self.at_home.join_token.exists() and not self.allow_plaintext:
            raise ConfigError(
                f"the controller {self.controller} is on another machine: set {ENV_PREFIX}JOIN_TOKEN to what "
                "its file secrets/join_token holds"
            )
        return self.at_home.ensure_secret(self.at_home.join_token)


# What pydantic says in the words of its own trade.
_WORDS = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
}

S = TypeVar("S", bound=Common)


def load(settings: type[S], program: str, arguments: Sequence[str] | None = None) -> S:
    """Read flags and environment; on a mistake, name all of them on standard error and exit with 2."""
    try:
        source: CliSettingsSource[S] = CliSettingsSource(
            settings, root_parser=Parser(program, settings, Common), add_argument_method=add_flag
        )
        return CliApp.run(
            settings,
            cli_args=list(sys.argv[1:] if arguments is None else arguments),
            cli_settings_source=source,
        )
    except (ValidationError, SettingsError) as error:
        raise SystemExit(_usage(program, _mistakes(error))) from None


def _usage(program: str, mistakes: Sequence[str]) -> int:
    lines = "\n".join(f"  {mistake}" for mistake in mistakes)
    sys.stderr.write(f"{program}: these settings cannot work:\n{lines}\nsee: {program} --help\n")
    return EXIT_USAGE


def _mistakes(error: ValidationError | SettingsError) -> list[str]:
    if not isinstance(error, ValidationError):
        return [str(error)]  # of the command line
    mistakes = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"])
        text = _WORDS.get(item["type"], item["msg"].removeprefix("Value error, "))
        text = text.replace("Input should", "must", 1)
        if not name:  # settings that clash; the input would be all of them, secrets too
            mistakes.append(text)
            continue
        flag = "--" + name.replace("_", "-")
        given = os.environ.get(ENV_PREFIX + name.upper())
        shown = "" if "token" in name or "password" in name or "url" in name else f" (got {item['input']!r})"
        origin = f"{ENV_PREFIX}{name.upper()}" if given is not None else flag
        mistakes.append(f"{origin}: {text}{shown}")
    return mistakes
