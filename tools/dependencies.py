"""What can be said of the dependencies without the network: `python -m tools.dependencies`.

Every lock file pins every package to one version, by its hashes, and names no place to fetch it from; and
what DPIP runs with has licences that let anybody use, change and pass it on.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = "requirements.lock"

# Identifiers of SPDX; older packages have sentences of their own instead.
ALLOWED = frozenset(
    {
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "0BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "Apache-2.0",
        "ISC",
        "PSF-2.0",
        "MPL-2.0",
        "Zlib",
        "CC0-1.0",
    }
)
OLDER = frozenset(
    {
        "3-Clause BSD License",
        "Apache 2.0",
        "Apache Software License",
        "BSD License",
        "ISC License (ISCL)",
        "MIT License",
        "Mozilla Public License 2.0 (MPL 2.0)",
    }
)

_PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==[A-Za-z0-9.!+]+( *;[^\\]*)?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def requirements(lock: str) -> Iterator[str]:
    """Each entry of a lock file, its continued lines joined."""
    for entry in re.sub(r"\\\n", " ", lock).splitlines():
        if entry.strip() and not entry.lstrip().startswith("#"):
            yield entry.strip()


def loose(lock: str) -> Iterator[str]:
    """Entries that could bring something else tomorrow, and why."""
    for entry in requirements(lock):
        wanted, *options = re.split(r"\s+(?=--)", entry)
        if not _PINNED.fullmatch(wanted):
            yield f"{wanted} is not pinned to one version"
        elif not options:
            yield f"{wanted} has no hash"
        elif not all(map(_HASH.fullmatch, options)):
            yield f"{wanted} has something else than hashes of SHA-256"


def licence_problem(told: PackageMetadata) -> str | None:
    """None: its licence is one of those that are allowed."""
    if "License-Expression" in told:
        expression = told["License-Expression"]
        choices = [re.split(r" AND ", choice.strip("() ")) for choice in expression.split(" OR ")]
        fine = any(all(word in ALLOWED for word in choice) for choice in choices)
        return None if fine else f"its licence is {expression}"
    classified = [
        line.split(" :: ")[-1] for line in told.get_all("Classifier") or () if line.startswith("License")
    ]
    words = classified or [told["License"].strip() if "License" in told else ""]
    fine = any(word in ALLOWED | OLDER for word in words)
    return None if fine else f"its licence is told as {', '.join(words)[:100] or 'nothing'}"


def unfit(names: Iterable[str]) -> Iterator[str]:
    """Installed packages whose licence is not allowed; what this machine has no use for is not installed."""
    for name in sorted(set(names)):
        try:
            problem = licence_problem(metadata(name))
        except PackageNotFoundError:
            continue
        if problem is not None:
            yield f"{name}: {problem}"


def main() -> int:
    found = [f"{file.name}: {why}" for file in sorted(ROOT.glob("*.lock")) for why in loose(file.read_text())]
    names = (re.split(r"[\[=]", entry)[0] for entry in requirements((ROOT / RUNTIME).read_text()))
    found += unfit(names)
    for line in found:
        sys.stderr.write(f"{line}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
