"""Answers by idempotency key, written in the transaction that does what was asked for."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from datastore.database import Database
from datastore.schema import receipts
from dpip.errors import Conflict, InProgress
from dpip.ports import Answer, Hold, Receipt, Remembered

_OF_KEY = (receipts.c.user_id == bindparam("of_user"), receipts.c.key == bindparam("of_key"))
_FIND = select(receipts).where(*_OF_KEY).with_for_update()
_FORGET = delete(receipts).where(*_OF_KEY)
_RELEASE = _FORGET.where(receipts.c.holder == bindparam("of_holder"), receipts.c.status.is_(None))
_KEEP = (
    update(receipts)
    .where(*_OF_KEY, receipts.c.holder == bindparam("of_holder"), receipts.c.status.is_(None))
    .values(
        request=bindparam("new_request"),
        status=bindparam("new_status"),
        location=bindparam("new_location"),
        body=bindparam("new_body"),
    )
)


class SqlReceipts:
    """`dpip.ports.Receipts` over SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold(
        self, user_id: str, key: str, now: float, held_until: float, expires_at: float
    ) -> Hold | Remembered:
        """A holder that is silent for too long is taken for dead: the next one takes over."""
        of_key = {"of_user": user_id, "of_key": key}
        try:
            with self._database.write() as connection:
                row = connection.execute(_FIND, of_key).one_or_none()
                if row is not None and row.expires_at > now:
                    if row.status is not None:
                        return Remembered(row.request, Answer(row.status, row.location, row.body))
                    if row.held_until > now:
                        raise _in_progress()
                connection.execute(_FORGET, of_key)
                holder = secrets.token_hex(8)
                values = {
                    "user_id": user_id,
                    "key": key,
                    "holder": holder,
                    "held_until": held_until,
                    "expires_at": expires_at,
                }
                connection.execute(insert(receipts), values)
                return Hold(user_id, key, holder)
        except Conflict:  # another one was quicker by a moment
            raise _in_progress() from None

    def release(self, hold: Hold) -> None:
        """Forget the key, unless it was answered or somebody else took over."""
        with self._database.write() as connection:
            connection.execute(_RELEASE, _of(hold))

    def sweep(self, now: float) -> int:
        """Forget what has expired; returns how many keys."""
        with self._database.write() as connection:
            return connection.execute(delete(receipts).where(receipts.c.expires_at <= now)).rowcount


def keep_receipt(connection: Connection, receipt: Receipt) -> None:
    """Remember the answer, in the transaction that it tells of. Raises `InProgress` when another request took
    over meanwhile: then this one must come to nothing."""
    values = _of(receipt.hold) | {
        "new_request": receipt.request,
        "new_status": receipt.answer.status,
        "new_location": receipt.answer.location,
        "new_body": receipt.answer.body,
    }
    if connection.execute(_KEEP, values).rowcount != 1:
        raise _in_progress()


def _of(hold: Hold) -> dict[str, object]:
    return {"of_user": hold.user_id, "of_key": hold.key, "of_holder": hold.holder}


def _in_progress() -> InProgress:
    return InProgress("a request with this Idempotency-Key is still in progress; ask again in a moment")
