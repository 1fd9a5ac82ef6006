"""How filtered images were made. Many are made alike, so each way is one row, found by what it says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Connection, bindparam, func, select

from datastore.chunks import chunks
from datastore.direct import execute_many
from datastore.schema import images, makings
from datastore.upsert import insert_missing
from dpip.domain import Making

_ID_DIGITS = 32
_KEPT = 1024
_OF_WORKLOAD = (
    select(makings.c.content, func.count().label("images"))
    .join_from(images, makings, makings.c.id == images.c.making)
    .where(images.c.workload_id == bindparam("of_id"))
    .group_by(makings.c.id, makings.c.content)
    .order_by(func.count().desc(), makings.c.id)
)


def keep(connection: Connection, made: Sequence[Making]) -> None:
    """Those that are there already cost a look. In order: of two transactions, none waits for the other's."""
    content = dict(map(_row, set(made)))
    rows = [{"id": key, "content": content[key]} for key in sorted(content)]
    if rows:
        execute_many(connection, insert_missing(connection, makings), rows)


def id_of(making: Making | None) -> str | None:
    """What an image's row says of how it was made."""
    return None if making is None else _row(making)[0]


def of_images(connection: Connection, image_ids: Sequence[str]) -> dict[str, Making]:
    """Of those of which it is known."""
    known = select(images.c.id, makings.c.content).join_from(images, makings, makings.c.id == images.c.making)
    return {
        row.id: _making(row.content)
        for some in chunks(image_ids)
        for row in connection.execute(known.where(images.c.id.in_(some)))
    }


def of_workload(connection: Connection, workload_id: str) -> tuple[tuple[Making, int], ...]:
    """With how many images each, most first."""
    found = connection.execute(_OF_WORKLOAD, {"of_id": workload_id})
    return tuple((_making(row.content), row.images) for row in found)


@lru_cache(_KEPT)
def _row(making: Making) -> tuple[str, str]:
    """The id, a digest of the content, and the content."""
    words = [making.way, list(making.notes), list(making.codecs)]
    content = json.dumps(words, separators=(",", ":")).replace("\\u0000", "")
    return hashlib.sha256(content.encode()).hexdigest()[:_ID_DIGITS], content


@lru_cache(_KEPT)
def _making(content: str) -> Making:
    way, notes, codecs = json.loads(content)
    return Making(way, tuple(notes), tuple(codecs))
