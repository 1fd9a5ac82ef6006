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


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one folder; nothing is made until it is asked for."""

    path: Path

    @property
    def images(self) -> Path:
        return self.path / "images"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.path / 'dpip.sqlite3'}"

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
        return file.read_text().strip()
