"""What a shell offers to complete, beside subcommands, flags and files."""

from __future__ import annotations


def filters(incomplete: str) -> list[str]:
    """Names of our own filters."""
    from imaging.families import FAMILIES  # noqa: PLC0415 - only when a shell asks

    return [name for names in FAMILIES.values() for name in names if name.startswith(incomplete)]


def pipelines(incomplete: str) -> list[str]:
    """The pipeline so far, with its last step completed."""
    before, bar, step = incomplete.rpartition("|")
    return [f"{before}{bar}{name}" for name in filters(step)]


def workloads(incomplete: str) -> list[str]:
    """No name: to know them, the system had to be asked at each press of a key."""
    return ["last"] if "last".startswith(incomplete) else []
