"""`dpip restore`: the bytes of a backup first, then its rows, all of these at once.

Last goes what users deleted while the backup was taken. Cut off anywhere, it is begun again with --overwrite.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from command.archive import Reader
from command.backup import SECRETS
from command.exits import DONE, USAGE, Ended
from command.gauge import gauge
from command.lock import held
from command.manifest import Manifest, parse
from datastore.snapshot import forget, is_empty, load
from dpip.errors import DpipError
from dpip.home import write_secret
from dpip.settings import Common
from dpip.settings import load as load_settings
from storage import keys, open_store


def run(source: Path, *, overwrite: bool) -> int:
    """Raises `Ended`."""
    settings = load_settings(Common, "dpip restore", [])
    reader = Reader(source)
    try:
        manifest = parse(reader.manifest)
        reader.check_sums(manifest.sums_sha256)
        with held(settings.at_home):
            _check_empty(settings, manifest, overwrite=overwrite)
            count = _restore(settings, reader, manifest)
    except DpipError as error:
        raise Ended(error.detail) from error
    finally:
        reader.close()
    sys.stdout.write(f"{settings.at_home.path}: {count:,} images are back; start DPIP there as ever\n")
    if not manifest.secrets:
        sys.stdout.write(
            "the backup holds no secrets: workers on other machines need the new secrets/join_token\n"
        )
    return DONE


def _check_empty(settings: Common, manifest: Manifest, *, overwrite: bool) -> None:
    if overwrite:
        return
    empty = settings.database_url is None and not settings.at_home.database_file.exists()
    if not empty and not is_empty(settings.datastore_url):
        raise Ended("the database holds users or images already; --overwrite gives them up", USAGE)
    if next(iter(open_store(settings.image_location).entries()), None) is not None:
        raise Ended("the image store holds images already; --overwrite puts the backup's beside them", USAGE)
    for name in manifest.secrets:
        if (settings.at_home.secrets / name).exists():
            raise Ended(f"there is a secrets/{name} already; --overwrite replaces it", USAGE)


def _check_key(key: str) -> None:
    """A backup may come from anybody; nothing in it names a place outside the store. Raises `Ended`."""
    try:
        keys.split(key)
    except ValueError as error:
        raise Ended(f"the backup is none of DPIP's: {error}") from None


def _restore(settings: Common, reader: Reader, manifest: Manifest) -> int:
    def rows(table: str) -> Iterator[dict[str, Any]]:
        for line in reader.read(f"database/{table}.jsonl").splitlines():
            yield json.loads(line)

    store = open_store(settings.image_location, flush=settings.flush)
    there = set(reader.names)
    names = [name for row in rows("images") if (name := f"images/{row['key']}") in there]
    for name in gauge(names, "images"):
        key = name.removeprefix("images/")
        _check_key(key)
        upload = store.begin()
        try:
            for piece in reader.pieces(name):
                upload.write(piece)
            store.delete([key])  # of a restore that was cut off
            upload.commit(key)
        finally:
            upload.abort()
    for name in set(manifest.secrets) & set(SECRETS):
        write_secret(settings.at_home.secrets / name, reader.read(f"secrets/{name}").decode())
    load(settings.datastore_url, manifest.revision, manifest.tables, rows)
    store.delete(forget(settings.datastore_url, manifest.deleted_workloads, manifest.deleted_originals))
    return len(names)
