"""How the local Ray head tells others where it is: a small file in the home folder."""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from cluster.addresses import reachable
from dpip.home import Home
from dpip.lifecycle import Stop
from dpip.records import read_record, write_record

log = logging.getLogger(__name__)

_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class HeadRecord:
    """The local Ray head, as it wrote itself down."""

    address: str  # of the GCS, host:port
    node_ip: str  # what drivers on this machine say as their own address
    pid: int
    temp_dir: str


@contextmanager
def only_one(home: Home, stop: Stop) -> Iterator[bool]:
    """Wait until no other head serves this home; False when a stop was asked for first."""
    home.ensure_folder(home.run)
    with home.ray_head.with_suffix(".lock").open("w") as lock:
        said = False
        while not stop.requested:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not said:
                    log.info("another process runs this home's Ray head; standing by")
                    said = True
                stop.wait(_POLL_S)
            else:
                break
        yield not stop.requested


def write_head(home: Home, record: HeadRecord) -> None:
    write_record(home.ray_head, **asdict(record))


def remove_head(home: Home, pid: int) -> None:
    """Remove the record if it is still this process's."""
    record = _recorded(home)
    if record is not None and record.pid == pid:
        home.ray_head.unlink(missing_ok=True)


def read_head(home: Home) -> HeadRecord | None:
    """The local head; None when there is no record of one, or nobody answers at its address."""
    record = _recorded(home)
    return record if record is not None and reachable(record.address) else None


def wait_for_head(home: Home, stop: Stop, timeout_s: float | None = None) -> HeadRecord | None:
    """Wait for a head that answers; None when a stop was asked for, or the time is up."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while (record := read_head(home)) is None:
        if stop.wait(_POLL_S) or (deadline is not None and time.monotonic() > deadline):
            return None
    return record


def _recorded(home: Home) -> HeadRecord | None:
    values = read_record(home.ray_head)
    try:
        return None if values is None else HeadRecord(**values)
    except TypeError:  # another version's
        return None
