"""Names of files that every file system takes, made of what people call theirs.

Windows forbids most (learn.microsoft.com, "Naming Files, Paths, and Namespaces"); 255 bytes is what Linux and
macOS allow.
"""

from __future__ import annotations

import re

from dpip.names import is_device

_STEM_MAX_BYTES = 180  # room is left for endings, numbers, and what a download is called until it is whole
_FORBIDDEN = frozenset('<>:"/\\|?*')
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,16}")


def portable_stem(text: str) -> str:
    """Without what some system forbids: a stem to which an ending is added, or "" where nothing is left."""
    kept = "".join("_" if char in _FORBIDDEN or not char.isprintable() else char for char in text)
    kept = kept.strip(" .").encode(errors="replace")[:_STEM_MAX_BYTES].decode(errors="ignore").rstrip(" .")
    return f"_{kept}" if is_device(kept) else kept


def portable_extension(text: str) -> str:
    """`text`, which begins with a dot, or "" where it is no ending that every system takes."""
    return text if _EXTENSION.fullmatch(text) else ""
