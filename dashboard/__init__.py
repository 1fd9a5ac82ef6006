"""The page: static files that a browser runs as they are, without a build. This package hands them out.

What the page does, it does over the API, like any other client; see dashboard/README.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PAGE = "index.html"
FOLDER = Path(__file__).parent / "static"
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page."""

    data: bytes
    media_type: str
    etag: str


def asset(name: str) -> Asset | None:
    """The file of this bare name, as it is now; None where there is none."""
    file = FOLDER / name
    if file.parent != FOLDER or file.suffix not in _MEDIA_TYPES:
        return None
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return _asset(file, found.st_mtime_ns)


@lru_cache(maxsize=256)
def _asset(file: Path, _changed_at: int) -> Asset:
    data = file.read_bytes()
    return Asset(data, _MEDIA_TYPES[file.suffix], hashlib.sha256(data).hexdigest()[:32])
