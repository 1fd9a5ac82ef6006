"""The only truth: users, workloads, images, jobs, workers, on SQLite or PostgreSQL.

from datastore import open_datastore
with open_datastore("sqlite:////srv/dpip/dpip.sqlite3") as store: ...
"""

from datastore.examining import examine
from datastore.migrating import migrate
from datastore.store import Datastore, open_datastore
from datastore.waiting import wait_for_datastore

__all__ = ["Datastore", "examine", "migrate", "open_datastore", "wait_for_datastore"]
