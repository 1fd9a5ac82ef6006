"""One `dpip up` per home."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from dpip.errors import ConfigError
from dpip.home import PRIVATE_FILE, Home


@contextmanager
def held(home: Home) -> Iterator[None]:
    """Hold the home's lock; the kernel frees it when this process ends, however it ends.

    Raises `ConfigError` when another process has it, or when the home cannot be written.
    """
    path = home.run / "up.lock"
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
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
