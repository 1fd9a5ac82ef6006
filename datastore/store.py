"""The datastore as one thing: every port over one database."""

from __future__ import annotations

from types import TracebackType

from datastore.accounts import SqlAccounts
from datastore.audit import SqlAuditTrail
from datastore.catalog import SqlCatalog
from datastore.database import Database, Watch
from datastore.endpoints import SqlApiEndpoints
from datastore.engines import connect
from datastore.history import SqlHistory
from datastore.leadership import SqlLeadership
from datastore.migrating import ensure_newest
from datastore.outbox import SqlOutbox
from datastore.queue import SqlJobQueue
from datastore.receipts import SqlReceipts
from datastore.register import SqlWorkerRegister
from datastore.tokens import SqlTokens
from datastore.videos import SqlVideos
from datastore.webhooks import SqlWebhooks
from dpip.domain import NO_QUOTA, Quota
from dpip.ports import (
    Accounts,
    ApiEndpoints,
    AuditTrail,
    Catalog,
    History,
    JobQueue,
    Leadership,
    Outbox,
    Receipts,
    Tokens,
    Videos,
    Webhooks,
    WorkerRegister,
)


class Datastore:
    """The ports of `dpip.ports`, over one database. Threads may share it; processes open their own."""

    def __init__(self, database: Database, quota: Quota = NO_QUOTA) -> None:
        self._database = database
        self.accounts: Accounts = SqlAccounts(database)
        self.audit: AuditTrail = SqlAuditTrail(database)
        self.tokens: Tokens = SqlTokens(database)
        self.catalog: Catalog = SqlCatalog(database, quota)
        self.leadership: Leadership = SqlLeadership(database)
        self.videos: Videos = SqlVideos(database, quota)
        self.queue: JobQueue = SqlJobQueue(database)
        self.register: WorkerRegister = SqlWorkerRegister(database)
        self.receipts: Receipts = SqlReceipts(database)
        self.history: History = SqlHistory(database)
        self.endpoints: ApiEndpoints = SqlApiEndpoints(database)
        self.webhooks: Webhooks = SqlWebhooks(database)
        self.outbox: Outbox = SqlOutbox(database)

    def ping(self) -> None:
        """Raise `NotReady` when the database does not answer."""
        self._database.ping()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Datastore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_datastore(
    url: str, *, flush: bool = False, quota: Quota = NO_QUOTA, watch: Watch | None = None
) -> Datastore:
    """Open the database at `url`, making or updating its tables first where that is needed.

    `sqlite:///relative.sqlite3`, `sqlite:////absolute.sqlite3`, or `postgresql://user:password@host/name`.
    Uploads are held to `quota` where a user has none of their own.
    `watch` hears of every use of the database, in the thread that uses it.
    With `flush`, SQLite waits for the disk at every commit (PostgreSQL does by its own settings).
    Raises `ConfigError` for a URL that cannot work, or a database that a newer DPIP made, and
    `NotReady` when the database cannot be reached.
    """
    database = connect(url, flush=flush, watch=watch)
    try:
        ensure_newest(database)
    except BaseException:
        database.close()
        raise
    return Datastore(database, quota)
