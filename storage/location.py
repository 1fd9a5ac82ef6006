"""From the location that settings name to the store that works there."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from dpip.errors import ConfigError
from dpip.ports import ImageStore
from storage.folder import FolderStore

_WORKS = "say a folder (/srv/dpip/images) or a file URL (file:///srv/dpip/images)"
_LOCAL_HOSTS = frozenset({"", "localhost"})


def open_store(location: str, *, flush: bool = False) -> ImageStore:
    """The store at `location`: a folder's path or a `file://` URL. Makes nothing yet.

    With `flush`, what was committed survives a power cut; without, the death of every process.

    Raises `ConfigError` for any other kind of URL, and for a path that is not a folder's.
    """
    folder = _folder(location)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"the image store {location!r} is not a folder; {_WORKS}")
    return FolderStore(folder, flush=flush)


def _folder(location: str) -> Path:
    if not location.strip():
        raise ConfigError(f"the image store's location is empty; {_WORKS}")
    if "://" not in location:
        return Path(location).expanduser().resolve()
    url = urlsplit(location)
    if url.scheme != "file":
        raise ConfigError(f"the image store {url.scheme}:// is of a kind that DPIP does not know; {_WORKS}")
    path = Path(unquote(url.path))
    if url.netloc not in _LOCAL_HOSTS or not path.is_absolute() or url.query or url.fragment:
        raise ConfigError(f"the image store {location!r} names no folder of this machine; {_WORKS}")
    return path.resolve()
