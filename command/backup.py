"""`dpip backup`: the database at one moment, then the bytes of all images that it names.

Rows come first and bytes after them: an upload that comes in between is in neither, and bytes of a row are
never missing, as they were there before the row. What is deleted meanwhile is left out.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from command.archive import Writer
from command.exits import DONE, Ended
from command.gauge import gauge
from command.manifest import Manifest
from datastore.snapshot import existing, snapshot
from dpip import __version__, ids
from dpip.errors import DpipError, MissingBytes
from dpip.home import Home
from dpip.ports import ImageStore
from dpip.settings import Common, load
from storage import open_store

SECRETS = ("join_token", "first_password")


@dataclass(frozen=True, slots=True)
class Named:
    """An image as a row names it."""

    id: str
    key: str
    workload: str
    seq: int


def run(target: Path, *, with_secrets: bool) -> int:
    """Raises `Ended`."""
    settings = load(Common, "dpip backup", [])
    try:
        if settings.database_url is None and not settings.at_home.database_file.exists():
            raise Ended(f"there is no datastore in {settings.at_home.path}; set DPIP_HOME")
        writer = Writer(target)
        try:
            manifest = _write(settings, writer, with_secrets=with_secrets)
            writer.finish(manifest.model_dump_json(indent=2).encode(), manifest.sums_sha256)
        except BaseException:
            writer.abandon()
            raise
    except DpipError as error:
        raise Ended(error.detail) from error
    except OSError as error:
        raise Ended(f"cannot write {target}: {error.strerror}") from error
    sys.stdout.write(
        f"{target}: {sum(manifest.rows.values()):,} rows, {manifest.images:,} images, "
        f"{manifest.image_bytes / 1e6:,.1f} MB{'' if with_secrets else ', without secrets'}\n"
    )
    return DONE


def _write(settings: Common, writer: Writer, *, with_secrets: bool) -> Manifest:
    url, taken_at = settings.datastore_url, time.time()
    rows: dict[str, int] = {}
    images: list[Named] = []
    with snapshot(url) as seen:
        tables, revision = seen.tables, seen.revision
        for table in tables:
            lines = []
            for row in seen.rows(table):
                lines.append(_line(row))
                if table == "images":
                    images.append(Named(row["id"], row["key"], row["workload_id"], row["seq"]))
            rows[table] = len(lines)
            writer.write(f"database/{table}.jsonl", b"".join(lines))
    sizes, missing = _copy(open_store(settings.image_location), writer, images)
    workloads, originals = _deleted(url, missing)
    secrets = _secrets(settings.at_home, writer) if with_secrets else ()
    return Manifest(
        dpip=__version__,
        taken_at=taken_at,
        revision=revision,
        tables=tables,
        rows=rows,
        images=len(sizes),
        image_bytes=sum(sizes),
        deleted_workloads=workloads,
        deleted_originals=originals,
        secrets=secrets,
        sums_sha256=hashlib.sha256(writer.sums).hexdigest(),
    )


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _copy(store: ImageStore, writer: Writer, images: Sequence[Named]) -> tuple[list[int], list[Named]]:
    """(sizes of what was copied, what was not there)."""
    sizes, missing = [], []
    for image in gauge(images, "images"):
        try:
            stream = _opened(store, image.key)
        except (MissingBytes, FileNotFoundError):
            missing.append(image)
            continue
        with stream:
            sizes.append(writer.copy(f"images/{image.key}", stream))
    return sizes, missing


def _opened(store: ImageStore, key: str) -> BinaryIO:
    """A file where there is one: videos may be larger than memory. Raises `MissingBytes`, and
    `FileNotFoundError` for what is deleted just now."""
    path = store.local_path(key)
    return io.BytesIO(store.get(key)) if path is None else path.open("rb")


def _deleted(url: str, missing: Sequence[Named]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Workloads, and originals of others, that are gone by now: rows go before their bytes.

    Raises `Ended` when bytes are missing that should be there.
    """
    if not missing:
        return (), ()
    there = existing(url, "images", [image.id for image in missing])
    damaged = [image.key for image in missing if image.id in there]
    if damaged:
        raise Ended(
            f"the image store has no bytes for {len(damaged)} images that the database names, {damaged[0]} "
            "for one: is DPIP_IMAGE_STORE the right one?"
        )
    workloads = {image.workload for image in missing}
    gone = workloads - existing(url, "workloads", workloads)
    originals = {ids.original_id(one.workload, one.seq) for one in missing if one.workload not in gone}
    return tuple(sorted(gone)), tuple(sorted(originals))


def _secrets(home: Home, writer: Writer) -> tuple[str, ...]:
    def kept() -> Iterator[str]:
        for name in SECRETS:
            file = home.secrets / name
            if file.is_file():
                writer.write(f"secrets/{name}", file.read_bytes())
                yield name

    return tuple(kept())
