"""The layout of DPIP_HOME: what lies where, and who may read it."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
OTHERS = 0o077  # what permissions all but the owner have


def default_home() -> Path:
    """The checkout's own folder, or `~/.dpip` for an installed package."""
    checkout = Path(__file__).resolve().parent.parent
    return checkout if (checkout / "pyproject.toml").is_file() else Path.home() / ".dpip"


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one folder; nothing is made until it is asked for."""

    path: Path

    @property
    def images(self) -> Path:
        return self.path / "images"

    @property
    def database_file(self) -> Path:
        return self.path / "dpip.sqlite3"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database_file}"

    @property
    def secrets(self) -> Path:
        return self.path / "secrets"

    @property
    def join_token(self) -> Path:
        return self.secrets / "join_token"

    @property
    def first_password(self) -> Path:
        """Holds the random password of the first user, when none was given."""
        return self.secrets / "first_password"

    @property
    def ray_token(self) -> Path:
        return self.secrets / "ray_token"

    @property
    def tls_authority(self) -> Path:
        """The certificate that vouches for the system's own: what clients trust. No secret."""
        return self.path / "tls" / "ca.pem"

    @property
    def api_certificate(self) -> Path:
        """Certificate and key of the API, when it was given none."""
        return self.secrets / "api.pem"

    @property
    def ray_certificate(self) -> Path:
        """Certificate and key with which this machine's part of Ray speaks to other machines."""
        return self.secrets / "ray.pem"

    @property
    def run(self) -> Path:
        """What running processes tell each other (addresses, process ids); meaningless after a reboot."""
        return self.path / "run"

    @property
    def ray_head(self) -> Path:
        """Where the local Ray head says how it is reached; see `cluster.head`."""
        return self.run / "ray.json"

    def ensure_folder(self, folder: Path) -> Path:
        """Make a folder that only its owner can enter, if it is not there."""
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        return folder

    def ensure_secret(self, file: Path, value: str | None = None) -> str:
        """Return what `file` holds; if it is not there, write `value` (default: 64 random hex digits).

        Processes that ask at the same time get the same answer: the file appears whole, and once.
        """
        if not file.exists():
            self.ensure_folder(file.parent)
            descriptor, name = tempfile.mkstemp(dir=file.parent)  # 0600 from the start
            with os.fdopen(descriptor, "w") as stream:
                stream.write(value if value is not None else secrets.token_hex(32))
            with contextlib.suppress(FileExistsError):
                os.link(name, file)
            Path(name).unlink()
        elif file.stat().st_mode & OTHERS:  # somebody put it there by hand
            with contextlib.suppress(PermissionError):  # it is somebody else's
                file.chmod(PRIVATE_FILE)
        return file.read_text().strip()


def write_secret(file: Path, text: str) -> Path:
    """Make `file` hold `text`, readable by its owner alone; it changes whole or not at all."""
    with contextlib.suppress(FileNotFoundError):
        if file.read_text() == text:
            return file
    file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent)  # 0600 from the start
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    Path(name).replace(file)
    return file
