"""A stopped system's rows and bytes against each other, by what DPIP itself uses to look."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import select

from controller.sweeper import Sweeper
from datastore import open_datastore
from datastore.engines import connect
from datastore.schema import images
from dpip.home import Home
from dpip.lifecycle import Stop
from storage import open_store
from tests.datastore.invariants import check_invariants


def compare(folder: Path) -> tuple[int, list[str]]:
    """Images that only a sweep removed, and what is wrong after it."""
    home = Home(folder)
    store, wrong = open_store(str(home.images)), []
    datastore = open_datastore(home.database_url)
    try:
        swept = Sweeper(store, datastore.catalog, datastore.queue, 0.0, lambda: time.time() + 1).sweep(Stop())
    finally:
        datastore.close()
    database = connect(home.database_url)
    try:
        with database.read() as connection:
            rows = {
                row.key: row.size_bytes
                for row in connection.execute(select(images.c.key, images.c.size_bytes))
            }
    finally:
        database.close()
    there = {entry.key: entry.size_bytes for entry in store.entries()}
    wrong += [f"a row without bytes: {key}" for key in sorted(rows.keys() - there.keys())]
    wrong += [f"bytes without a row after a sweep: {key}" for key in sorted(there.keys() - rows.keys())]
    wrong += [
        f"not of the recorded size: {key}" for key in rows.keys() & there.keys() if rows[key] != there[key]
    ]
    try:
        check_invariants(home.database_url)
    except AssertionError as error:
        wrong.append(f"the tables disagree: {error}")
    return swept.orphans + swept.unfinished, wrong
