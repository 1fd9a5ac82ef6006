"""Bring a database's schema to the newest revision. Alembic's files lie in `migrations/`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

from datastore.database import Database
from datastore.engines import connect
from dpip.errors import ConfigError

HEAD = "0015"  # the newest revision in migrations/versions; a test holds it to that

_PG_LOCK = 4_070_001  # any number, the same in every DPIP: processes that migrate wait for each other on it
_FOLDER = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Make or update the tables; any number of processes may do so at once.

    Raises `ConfigError` for a URL that cannot work, or a database that a newer DPIP made, and
    `NotReady` when it cannot be reached.
    """
    database = connect(url)
    try:
        ensure_newest(database)
    finally:
        database.close()


def ensure_newest(database: Database) -> None:
    """Do nothing when the schema is the newest already; that costs a query or two."""
    if revision(database) != HEAD:
        upgrade(database)


def revision(database: Database) -> str | None:
    """The revision of the schema; None for an empty database."""
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def upgrade(database: Database, to: str = "head") -> None:
    """All in one transaction that only one process is in at a time: it happens whole, once, or not at all."""
    from alembic import command  # noqa: PLC0415 - costs 0.2 s, seldom needed
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    with database.write() as connection:  # on SQLite this is the lock already
        if database.locks_rows:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PG_LOCK})
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, to)
        except CommandError as error:
            raise made_by_a_newer(str(error)) from error


def made_by_a_newer(what: str) -> ConfigError:
    """`what` tells of its schema."""
    return ConfigError(
        f"the database was made by a newer DPIP than this one ({what}): update DPIP, or name another place "
        "for a new database, DPIP_HOME or DPIP_DATABASE_URL"
    )
