"""Where the API can be reached."""

from __future__ import annotations

from sqlalchemy import select, update

from datastore.database import Database
from datastore.schema import endpoints

_API = endpoints.c.name == "api"


class SqlApiEndpoints:
    """`dpip.ports.ApiEndpoints` over SQL. The newest announcement counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def announce_api(self, url: str, now: float) -> None:
        statement = update(endpoints).where(_API, endpoints.c.announced_at <= now)
        with self._database.write() as connection:
            connection.execute(statement.values(url=url, announced_at=now))

    def api_url(self) -> str | None:
        """None until an API announced itself."""
        with self._database.read() as connection:
            url: str | None = connection.execute(select(endpoints.c.url).where(_API)).scalar_one()
        return url
