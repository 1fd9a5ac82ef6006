"""Opening a datastore that may not be there yet."""

from __future__ import annotations

import logging

from datastore.errors import DatastoreBroken
from datastore.store import Datastore, open_datastore
from dpip.errors import ConfigError, NotReady, StorageFull
from dpip.lifecycle import Stop
from dpip.logs import fields

log = logging.getLogger(__name__)

_RETRY_S = 0.5


def wait_for_datastore(url: str, stop: Stop, *, flush: bool = False) -> Datastore | None:
    """The datastore, as soon as it can be reached; None when a stop was requested first.

    Raises `ConfigError` for what waiting cannot mend.
    """
    said = False
    while not stop.requested:
        try:
            return open_datastore(url, flush=flush)
        except (NotReady, StorageFull) as error:
            if not said:
                log.warning("waiting for the datastore", extra=fields(detail=error.detail))
                said = True
            stop.wait(_RETRY_S)
        except DatastoreBroken as error:
            raise ConfigError(error.detail) from error
    return None
