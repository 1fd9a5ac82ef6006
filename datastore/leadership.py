"""Which scheduler leads: one row, whose epoch only grows."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, or_, select, update

from datastore.database import Database
from datastore.direct import fetch
from datastore.schema import leadership
from dpip.errors import Fenced

_OF_EPOCH = (leadership.c.epoch == bindparam("of_epoch"), leadership.c.holder.is_not(None))

_TAKE = (
    update(leadership)
    .where(
        or_(
            leadership.c.holder.is_(None),
            leadership.c.holder == bindparam("new_holder"),
            leadership.c.until <= bindparam("now"),
        )
    )
    .values(epoch=leadership.c.epoch + 1, holder=bindparam("new_holder"), until=bindparam("new_until"))
    .returning(leadership.c.epoch)
)
_RENEW = update(leadership).where(*_OF_EPOCH).values(until=bindparam("new_until"))
_RESIGN = update(leadership).where(*_OF_EPOCH).values(holder=None)
_ANNOUNCE_RAY = update(leadership).where(*_OF_EPOCH).values(ray_address=bindparam("address"))

# Read with a shared lock: a successor cannot take over between this check and the commit that relies on it.
CURRENT_EPOCH = select(leadership.c.epoch, leadership.c.holder).with_for_update(read=True)


class SqlLeadership:
    """`dpip.ports.Leadership` over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, holder: str, now: float, until: float) -> int | None:
        """The epoch of the new leader, or None while somebody else's term runs."""
        values = {"new_holder": holder, "now": now, "new_until": until}
        with self._database.write() as connection:
            return connection.execute(_TAKE, values).scalar_one_or_none()

    def renew(self, epoch: int, now: float, until: float) -> bool:  # noqa: ARG002 - part of the port
        """False when another leader came since, or when this one resigned."""
        with self._database.write() as connection:
            return connection.execute(_RENEW, {"of_epoch": epoch, "new_until": until}).rowcount == 1

    def resign(self, epoch: int) -> None:
        """Let anybody take over at once; does nothing when somebody did already."""
        with self._database.write() as connection:
            connection.execute(_RESIGN, {"of_epoch": epoch})

    def announce_ray(self, epoch: int, ray_address: str) -> None:
        """Raises `Fenced` when `epoch` is not the current leader's."""
        with self._database.write() as connection:
            values = {"of_epoch": epoch, "address": ray_address}
            if connection.execute(_ANNOUNCE_RAY, values).rowcount == 0:
                raise Fenced(f"the leader of epoch {epoch} leads no more")

    def ray_address(self) -> str | None:
        with self._database.read() as connection:
            address: str | None = connection.execute(select(leadership.c.ray_address)).scalar_one()
        return address


def check_epoch(connection: Connection, epoch: int) -> None:
    """Raises `Fenced` when `epoch` is not the current leader's."""
    [(current, holder)] = fetch(connection, CURRENT_EPOCH, {})
    if current != epoch or holder is None:
        raise Fenced(f"the leader of epoch {epoch} may place no jobs: the epoch is {current} now")
