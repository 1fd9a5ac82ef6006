"""Answers by idempotency key, and parts of long requests, each written in its work's own transaction."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from datastore.database import Database
from datastore.schema import receipt_parts, receipts
from dpip.errors import Conflict, InProgress
from dpip.ports import Answer, Hold, Part, Receipt, Remembered

_OF_KEY = (receipts.c.user_id == bindparam("of_user"), receipts.c.key == bindparam("of_key"))
_FIND = select(receipts).where(*_OF_KEY).with_for_update()
_FORGET = delete(receipts).where(*_OF_KEY)
_TAKE_OVER = (
    update(receipts)
    .where(*_OF_KEY)
    .values(holder=bindparam("new_holder"), held_until=bindparam("until"), expires_at=bindparam("expires"))
)
_HELD = (*_OF_KEY, receipts.c.holder == bindparam("of_holder"), receipts.c.status.is_(None))
_PARTS_OF_KEY = (receipt_parts.c.user_id == bindparam("of_user"), receipt_parts.c.key == bindparam("of_key"))
_RELEASE = delete(receipts).where(*_HELD, ~exists().where(*_PARTS_OF_KEY))
_HOLD_ON = update(receipts).where(*_HELD).values(held_until=bindparam("until"))
_PARTS = select(receipt_parts.c.body).where(*_PARTS_OF_KEY).order_by(receipt_parts.c.number)
_FORGET_PARTS = delete(receipt_parts).where(*_PARTS_OF_KEY)
_KEEP = (
    update(receipts)
    .where(*_HELD)
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
        """A holder that is silent for too long is taken for dead: the next one takes over, with its parts."""
        of_key = {"of_user": user_id, "of_key": key}
        holder = secrets.token_hex(8)
        try:
            with self._database.write() as connection:
                row = connection.execute(_FIND, of_key).one_or_none()
                if row is not None and row.expires_at > now:
                    if row.status is not None:
                        return Remembered(row.request, Answer(row.status, row.location, row.body))
                    if row.held_until > now:
                        raise _in_progress()
                    taken = {"new_holder": holder, "until": held_until, "expires": expires_at}
                    connection.execute(_TAKE_OVER, of_key | taken)
                    return Hold(user_id, key, holder)
                connection.execute(_FORGET, of_key)
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

    def parts(self, hold: Hold) -> list[str]:
        with self._database.read() as connection:
            of_key = {"of_user": hold.user_id, "of_key": hold.key}
            return list(connection.execute(_PARTS, of_key).scalars())

    def answer(self, receipt: Receipt) -> None:
        """The answer tells of all parts, so they go."""
        with self._database.write() as connection:
            keep_receipt(connection, receipt)
            connection.execute(_FORGET_PARTS, {"of_user": receipt.hold.user_id, "of_key": receipt.hold.key})

    def release(self, hold: Hold) -> None:
        """Forget the key, unless it was answered or somebody else took over; with parts, only let it go."""
        with self._database.write() as connection:
            if not connection.execute(_RELEASE, _of(hold)).rowcount:
                connection.execute(_HOLD_ON, _of(hold) | {"until": 0.0})

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


def keep_part(connection: Connection, part: Part) -> None:
    """Remember it in the transaction that does it, and hold the key on. Raises `InProgress` likewise."""
    if connection.execute(_HOLD_ON, _of(part.hold) | {"until": part.held_until}).rowcount != 1:
        raise _in_progress()
    values = {
        "user_id": part.hold.user_id,
        "key": part.hold.key,
        "number": part.number,
        "body": part.body,
    }
    connection.execute(insert(receipt_parts), values)


def _of(hold: Hold) -> dict[str, object]:
    return {"of_user": hold.user_id, "of_key": hold.key, "of_holder": hold.holder}


def _in_progress() -> InProgress:
    return InProgress("a request with this Idempotency-Key is still in progress; ask again in a moment")
