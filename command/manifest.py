"""What a backup says of itself."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from command.exits import Ended

LAYOUT = 1  # of the files; another one is another number


class Manifest(BaseModel):
    """`deleted_...`: what users deleted while images were copied: rows of it are there, maybe no bytes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    layout: int = LAYOUT
    dpip: str
    taken_at: float  # seconds since the epoch
    revision: str  # of the database's schema
    tables: tuple[str, ...]  # none points at one after it
    rows: dict[str, int]
    images: int
    image_bytes: int
    deleted_workloads: tuple[str, ...] = ()
    deleted_originals: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    sums_sha256: str


def parse(text: bytes) -> Manifest:
    """Raises `Ended`."""
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError:
        raise Ended("the backup's manifest cannot be read: is it one of DPIP?") from None
    if manifest.layout != LAYOUT:
        raise Ended(f"the backup has layout {manifest.layout}, this DPIP knows {LAYOUT}: use a newer DPIP")
    return manifest
