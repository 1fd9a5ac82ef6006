"""Talking to DPIP from a subcommand: logged in where that can be, errors that end the command in a line."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from command.credentials import Login, credentials_file, read_logins, write_logins
from command.exits import FAILED, NOT_ALLOWED, UNREACHABLE, Ended
from command.target import Target, choose, look_around
from dpip_client import Client, DpipError, Options, Patience
from dpip_client.errors import Forbidden, NotFound, NotReady, Unauthenticated, Unreachable

T = TypeVar("T")
_AT_ONCE = 4
# Somebody sits before the terminal.
PATIENCE = Patience(attempts=4, first_s=0.2, longest_s=2.0, obeyed_s=30.0)
# Somebody went for a coffee: a component that died is started again meanwhile.
LONG_PATIENCE = Patience(attempts=12, first_s=0.3, longest_s=10.0)


def target(url: str | None, ca: Path | None) -> Target:
    """Whom to talk to, logged in if that can be done without asking. Raises `Ended`."""
    found = choose(url, ca, os.environ, look_around(os.environ))
    return found if found.token or found.owner is None else logged_in(found)


def logged_in(found: Target) -> Target:
    """The owner of the system here gets a token, which is kept. Raises `Ended`."""
    assert found.owner is not None  # noqa: S101 - the callers look
    user, password = found.owner
    with telling(found.url), Client(options=options(found)) as client:
        token = client.login(user, password)
    keep(found.url, Login(user, token, str(found.ca) if found.ca else None), chosen=False)
    return replace(found, token=token)


def keep(url: str, login: Login, *, chosen: bool) -> None:
    """Raises `Ended` when the file cannot be written."""
    file = credentials_file(os.environ)
    try:
        write_logins(file, read_logins(file).added(url, login, choose=chosen))
    except OSError as error:
        raise Ended(f"cannot keep the login in {file}: {error.strerror}; set DPIP_TOKEN instead") from None


def options(found: Target, patience: Patience = PATIENCE) -> Options:
    return Options(found.url, found.token, found.ca, at_once=_AT_ONCE, patience=patience)


def ask(url: str | None, ca: Path | None, work: Callable[[Client], T]) -> T:
    """What `work` makes of a client, with a fresh token where the one kept is dead. Raises `Ended`."""
    found = target(url, ca)
    with telling(found.url):
        return renewing(found, lambda one: _with_client(one, work))


def renewing(found: Target, work: Callable[[Target], T]) -> T:
    """`work`, once more with a fresh token where the one that was kept is dead, and that can be had."""
    try:
        return work(found)
    except Unauthenticated:
        if found.owner is None or found.from_environment:
            raise
        return work(logged_in(found))


def _with_client(found: Target, work: Callable[[Client], T]) -> T:
    with Client(options=options(found)) as client:
        return work(client)


@contextmanager
def telling(url: str) -> Iterator[None]:
    """Errors of the client end the command, with what to do about them."""
    try:
        yield
    except Unauthenticated as error:
        raise Ended(f"{error.detail} (at {url}). Log in: dpip login {url}", NOT_ALLOWED) from None
    except Forbidden as error:
        raise Ended(error.detail, NOT_ALLOWED) from None
    except (Unreachable, NotReady) as error:
        hint = "is it running (make run, or dpip up)? Name another with --url, or ask: dpip doctor"
        raise Ended(f"{error.detail}; {hint}", UNREACHABLE) from None
    except DpipError as error:
        raise Ended(error.detail, FAILED) from None


def is_elsewhere_in_clear(url: str) -> bool:
    """True when what is sent to `url` can be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}


def workload_id(client: Client, named: str) -> str:
    """A workload is named by its id, its name, or `last`. Raises `Ended` for none."""
    try:
        return client.workload(named).id
    except NotFound:
        names = []
        for one in client.workloads():
            if named in {"last", one.name}:
                return one.id
            names.append(one.name)
    if named == "last":
        raise Ended("there is no workload yet; dpip run makes one")
    raise Ended(
        f"there is no workload of the id or name {named!r} of yours{near(named, names)}; "
        "dpip workloads lists them"
    )


def near(name: str, known: Sequence[str]) -> str:
    """The most alike of the known names, to be said behind a wrong one; else nothing."""
    found = difflib.get_close_matches(name, known, n=1) or [one for one in known if one.startswith(name)]
    return f" (did you mean {found[0]!r}?)" if found else ""
