"""Small JSON files in which a running process says how it is reached; see `Home.run`."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from dpip.home import PRIVATE_FOLDER


def write_record(file: Path, **values: Any) -> None:
    """Put the record there at once and whole: a reader sees the old one or the new one."""
    file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(descriptor, "w") as stream:
        json.dump(values, stream)
    Path(name).replace(file)


def read_record(file: Path) -> dict[str, Any] | None:
    """None when there is none, or nothing that could be read as one."""
    try:
        values = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def remove_record(file: Path) -> None:
    """Remove what this process wrote; a successor's, which was written meanwhile, stays."""
    known = read_record(file)
    if known is not None and known.get("pid") == os.getpid():
        file.unlink(missing_ok=True)
