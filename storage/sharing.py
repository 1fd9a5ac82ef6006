"""Do two processes look at the same folder? A random word in it tells, whatever the path is called."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dpip.ports import ImageStore
from storage.folder import MARK, FolderStore


@dataclass(frozen=True, slots=True)
class SharedFolder:
    """What one process tells another of its folder."""

    folder: str
    mark: str


def shared_folder(store: ImageStore) -> SharedFolder | None:
    """What to tell other processes of a store that is a folder; None of one that is not."""
    return SharedFolder(str(store.root), store.mark()) if isinstance(store, FolderStore) else None


def shares(folder: str, mark: str) -> bool:
    """True when this process finds the folder with this mark under the same path, and may write there."""
    root = Path(folder)
    try:
        same = mark != "" and (root / MARK).read_text().strip() == mark
    except (OSError, UnicodeDecodeError):
        return False
    return same and os.access(root, os.W_OK | os.X_OK)
