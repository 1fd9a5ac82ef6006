"""Who the first user is, and the line that logs them in."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dpip.home import Home, default_home
from dpip.settings import ENV_PREFIX

DEFAULT_USER = "admin"
CURL = "curl -s"


@dataclass(frozen=True, slots=True)
class FirstUser:
    """The account made at the first start. `password` is set when the API made it in this very run."""

    name: str
    password: str | None = None
    password_file: Path | None = None  # where a password that was made up lies

    @property
    def described(self) -> str:
        if self.password is not None:
            return f"{self.name}, password {self.password} (shown this once; kept in {self.password_file})"
        if self.password_file is not None:
            return f"{self.name}, password in {self.password_file}"
        return f"{self.name}, with the password you chose"

    def login_line(self, home: Home) -> str:
        """A shell line that sets TOKEN. `dpip` finds the system of this home, and reads the password from its
        file or asks for it: none stands on a command line, which is for everybody to read."""
        named = {} if home.path == default_home().resolve() else {"HOME": str(home.path)}
        if self.name != DEFAULT_USER:
            named["USER"] = self.name
        variables = "".join(f"{ENV_PREFIX}{name}={shlex.quote(value)} " for name, value in named.items())
        return f"TOKEN=$({variables}{_command()} login --print-token)"


def curl_for(certificate: Path | None) -> str:
    """curl, told to trust the API's certificate when that is of its own making."""
    return CURL if certificate is None else f"{CURL} --cacert {shlex.quote(str(certificate))}"


def first_user(home: Home, environment: Mapping[str, str], *, existed: bool) -> FirstUser:
    """What can be said of the first user; `existed`: the password's file was there before this start."""
    name = environment.get(f"{ENV_PREFIX}USER") or DEFAULT_USER
    if not home.first_password.is_file():
        return FirstUser(name)
    if existed:
        return FirstUser(name, None, home.first_password)
    return FirstUser(name, home.first_password.read_text().strip(), home.first_password)


def run_line(home: Home) -> list[str]:
    """The line that filters a folder, where this checkout's `dpip` finds the system by itself."""
    if home.path != default_home().resolve():
        return []
    return [f'{_command()} run photos --filter "blur:sigma=5" --out blurred']


def _command() -> str:
    """`dpip`, in the words of a shell."""
    installed = Path(sys.executable).parent / "dpip"
    if installed.exists():
        return shlex.quote(str(installed))
    return f"{shlex.quote(sys.executable)} -m command"
