"""The part of a controller that delivers, in this process."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from controller.deliverer import Deliverer, Lanes
from datastore import Datastore
from dpip.lifecycle import Stop
from webhooks import Allowance, Schedule, Sealer, Sender

JOIN_TOKEN = "a join token"
QUICK = Schedule(attempts=3, first_s=0.01)


@contextmanager
def delivering(
    datastore: Datastore,
    *,
    schedule: Schedule = QUICK,
    lanes: Lanes | None = None,
    timeout_s: float = 5.0,
    join_token: str = JOIN_TOKEN,
) -> Iterator[None]:
    """To receivers of this machine, too; it looks fifty times a second."""
    sender = Sender(Allowance.parse("127.0.0.1"), timeout_s, ssl.create_default_context())
    deliverer = Deliverer(
        datastore.outbox,
        sender,
        Sealer(join_token),
        schedule=schedule,
        lanes=lanes or Lanes(4, 4),
        lease_s=30.0,
        look_s=0.02,
    )
    stop = Stop()
    thread = threading.Thread(target=deliverer.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.request("the test is over")
        deliverer.wake()
        thread.join()
