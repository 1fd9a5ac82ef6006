"""`dpip login` and `dpip logout`."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys
from dataclasses import replace
from pathlib import Path

from command import printing, talking
from command.credentials import Login, credentials_file, read_logins, write_logins
from command.exits import USAGE, Ended
from command.target import Target, choose, look_around
from dpip_client import Client, DpipError


def log_in(
    url: str | None, user: str | None, ca: Path | None, *, password_stdin: bool, print_token: bool
) -> None:
    """Raises `Ended`."""
    environment = {name: value for name, value in os.environ.items() if name != "DPIP_TOKEN"}
    here = look_around(environment)
    # Without a URL the system here comes first: a login of yesterday must not hide it.
    found = choose(url or environment.get("DPIP_URL") or here.local_url, ca, environment, here)
    name, password = _who(found, user, password_stdin)
    if talking.is_elsewhere_in_clear(found.url):
        printing.note(f"{found.url} is not encrypted: the password can be read on its way")
    with talking.telling(found.url), Client(options=replace(talking.options(found), token="")) as client:
        token = client.login(name, password)
    if print_token:
        sys.stdout.write(f"{token}\n")
        return
    talking.keep(found.url, Login(name, token, str(found.ca.resolve()) if found.ca else None), chosen=True)
    sys.stdout.write(f"{name} is logged in at {found.url}\n")


def _who(found: Target, user: str | None, password_stdin: bool) -> tuple[str, str]:
    """Name and password, as they were given, or are known here, or are asked for."""
    if password_stdin:
        return user or _default_user(), sys.stdin.readline().rstrip("\n")
    if found.owner is not None and user in {None, found.owner[0]}:
        return found.owner
    given = os.environ.get("DPIP_PASSWORD")
    if given and user in {None, os.environ.get("DPIP_USER")}:
        return user or _default_user(), given
    if not sys.stdin.isatty():
        raise Ended("nobody is there to ask for the password: --password-stdin reads it from a pipe", USAGE)
    name = user or input(f"User at {found.url} [{_default_user()}]: ").strip() or _default_user()
    return name, getpass.getpass(f"Password of {name}: ")


def _default_user() -> str:
    return os.environ.get("DPIP_USER") or "admin"


def log_out(url: str | None, ca: Path | None) -> None:
    """Forgets the token even where the API is away; says so then. Raises `Ended`."""
    environment = {name: value for name, value in os.environ.items() if name != "DPIP_TOKEN"}
    found = choose(url, ca, environment, look_around(environment))
    if not found.token:
        raise Ended(f"nobody is logged in at {found.url}")
    try:
        with Client(options=talking.options(found)) as client:
            client.logout()
    except DpipError as error:
        printing.note(f"the token is forgotten here, and may live on there: {error.detail}")
    file = credentials_file(os.environ)
    with contextlib.suppress(OSError):
        write_logins(file, read_logins(file).without(found.url))
    sys.stdout.write(f"logged out at {found.url}\n")
