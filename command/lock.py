"""One `dpip up` per home."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from command.leftovers import end_leftovers
from dpip.errors import ConfigError
from dpip.home import PRIVATE_FILE, Home


def lock_file(home: Home) -> Path:
    return home.run / "up.lock"


@contextmanager
def held(home: Home) -> Iterator[None]:
    """Hold the home's lock; the kernel frees it when this process ends, however it ends. What one that was
    killed left running has ended then.

    Raises `ConfigError` when another process has it, or when the home cannot be written.
    """
    path = lock_file(home)
    for folder in (home.path, home.images):
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            raise ConfigError(f"cannot write in the folder {folder}: Permission denied; see --home")
    try:
        home.ensure_folder(home.run)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    except OSError as error:
        raise ConfigError(
            f"cannot write in the home folder {home.path}: {error.strerror}; see --home"
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            raise ConfigError(
                f"DPIP runs in {home.path} already (process {owner}); stop that one, or choose another --home"
            ) from None
        with suppress(OSError):  # a full disk: it is only to be named to others
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        end_leftovers(path)
        yield
    finally:
        os.close(descriptor)
