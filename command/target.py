"""Which DPIP a command talks to, and as whom: flags, then the environment, then what is known here.

Where a system runs on this very machine and its secrets are readable, its owner is logged in without being
asked: nothing is needed between `make run` and `dpip run`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from command.credentials import Login, Logins, credentials_file, read_logins
from dpip.home import Home, default_home
from dpip.records import read_record
from dpip_client.connecting import url_here

FIRST_USER = "admin"


@dataclass(frozen=True, slots=True)
class Target:
    """`token` is "" for nobody; `owner`: who can be logged in here without being asked, with the password."""

    url: str
    token: str
    ca: Path | None
    owner: tuple[str, str] | None = None
    from_environment: bool = False  # the token is DPIP_TOKEN


@dataclass(frozen=True, slots=True)
class Here:
    """What this machine knows of: the system that runs in this DPIP_HOME, and the logins that are kept."""

    local_url: str | None
    owner: tuple[str, str] | None
    logins: Logins
    authority: Path | None = None  # of the system here


def look_around(environment: Mapping[str, str]) -> Here:
    home = Home(Path(environment.get("DPIP_HOME") or default_home()).expanduser())
    url, alive = _local_url(home)
    authority = home.tls_authority if url and home.tls_authority.exists() else None
    # Where the API is dead, who knows who has its port now: nobody is told the password.
    owner = _owner(home, environment) if alive else None
    return Here(url, owner, read_logins(credentials_file(environment)), authority)


def choose(
    given_url: str | None, given_ca: Path | None, environment: Mapping[str, str], here: Here
) -> Target:
    """A flag wins over the environment, that over the login of `dpip login`, that over the system here, and
    that over DPIP_PORT, by which a system that is about to start here will be found."""
    wanted = given_url or environment.get("DPIP_URL")
    url = complete(wanted) if wanted else here.logins.chosen or here.local_url or url_here(environment)
    token = environment.get("DPIP_TOKEN") or ""
    login: Login | None = here.logins.by_url.get(url)
    ca = given_ca or (Path(environment["DPIP_CA_FILE"]) if environment.get("DPIP_CA_FILE") else None)
    if ca is None and login is not None and login.ca:
        ca = Path(login.ca)
    if ca is None and url == here.local_url:
        ca = here.authority
    return Target(
        url,
        token or (login.token if login else ""),
        ca,
        here.owner if url == here.local_url else None,
        from_environment=bool(token),
    )


def complete(url: str) -> str:
    """`host:port` becomes a URL; nothing stands at its end."""
    return (url if "://" in url else f"http://{url}").rstrip("/")


def _local_url(home: Home) -> tuple[str | None, bool]:
    """Of the API that runs in this home, or ran there last; and whether it is alive."""
    record = read_record(home.run / "api.json")
    url = (record or {}).get("url")
    if record is None or not isinstance(url, str):
        return None, False
    try:
        os.kill(int(record["pid"]), 0)
    except PermissionError:
        return url, True  # somebody else's
    except (OSError, KeyError, ValueError, TypeError, OverflowError):
        return url, False
    return url, True


def _owner(home: Home, environment: Mapping[str, str]) -> tuple[str, str] | None:
    """The first user, whose made-up password lies in the home for its owner to read."""
    name = environment.get("DPIP_USER") or FIRST_USER
    try:
        return name, environment.get("DPIP_PASSWORD") or home.first_password.read_text().strip()
    except OSError:
        return None
