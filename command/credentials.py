"""Logins that are kept: a file of the user's own, mode 0600, with one token for each API."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

PRIVATE_FOLDER = 0o700


@dataclass(frozen=True, slots=True)
class Login:
    """Who is logged in at one API. `ca`: file of the authority that signed its certificate."""

    user: str
    token: str
    ca: str | None = None


@dataclass(frozen=True, slots=True)
class Logins:
    """By URL. `chosen`: the one that `dpip login` named last; commands talk to it when they are not told."""

    by_url: Mapping[str, Login] = field(default_factory=dict)
    chosen: str | None = None

    def added(self, url: str, login: Login, *, choose: bool) -> Logins:
        return Logins({**self.by_url, url: login}, url if choose else self.chosen)

    def without(self, url: str) -> Logins:
        kept = {name: login for name, login in self.by_url.items() if name != url}
        return replace(self, by_url=kept, chosen=None if self.chosen == url else self.chosen)


def credentials_file(environment: Mapping[str, str]) -> Path:
    """`dpip/credentials.json` where the user's settings lie (XDG_CONFIG_HOME, by default ~/.config)."""
    given = environment.get("XDG_CONFIG_HOME")
    folder = Path(given) if given and Path(given).is_absolute() else Path.home() / ".config"
    return folder / "dpip" / "credentials.json"


def read_logins(file: Path) -> Logins:
    """None at all when the file is not there, or holds something else."""
    try:
        told = json.loads(file.read_text())
        by_url = {url: Login(**login) for url, login in told["logins"].items()}
        return Logins(by_url, told["chosen"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Logins()


def write_logins(file: Path, logins: Logins) -> None:
    """The file is there whole, and nobody else's to read, from the start. Raises OSError."""
    file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    shown = {
        "chosen": logins.chosen,
        "logins": {
            url: {"user": login.user, "token": login.token, "ca": login.ca}
            for url, login in logins.by_url.items()
        },
    }
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".credentials.")  # 0600 from the start
    try:
        with os.fdopen(descriptor, "w") as stream:
            json.dump(shown, stream, indent=2)
        Path(name).replace(file)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
