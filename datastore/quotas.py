"""What users keep, counted on their rows: in the transaction that keeps or removes it, so it is always right.

Workloads and originals count: their makers decide on them, while results come when they come. On PostgreSQL
a user's row is locked from here to the transaction's end, so uploads of one user follow each other;
workloads are locked before users, everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update

from datastore.direct import execute_many, fetch
from datastore.schema import images, users, workloads
from dpip.domain import ImageKind, Quota
from dpip.errors import OverQuota
from dpip.ports import NewOriginal

_NO_BOUND = 2**62

_CHARGE = (
    update(users)
    .where(
        users.c.id == bindparam("of_owner"),
        users.c.used_bytes + bindparam("more_bytes")
        <= func.coalesce(users.c.quota_bytes, bindparam("default_bytes")),
        users.c.used_images + bindparam("more_images")
        <= func.coalesce(users.c.quota_images, bindparam("default_images")),
    )
    .values(
        used_bytes=users.c.used_bytes + bindparam("more_bytes"),
        used_images=users.c.used_images + bindparam("more_images"),
    )
    .returning(users.c.id)
)
_CHARGE_WORKLOAD = (
    update(users)
    .where(
        users.c.id == bindparam("of_owner"),
        users.c.used_workloads < func.coalesce(users.c.quota_workloads, bindparam("default_workloads")),
    )
    .values(used_workloads=users.c.used_workloads + 1)
    .returning(users.c.id)
)
_ACCOUNT_OF_WORKLOADS = select(users.c.used_workloads, users.c.quota_workloads).where(
    users.c.id == bindparam("of_owner")
)
_ACCOUNT = select(users.c.used_bytes, users.c.used_images, users.c.quota_bytes, users.c.quota_images).where(
    users.c.id == bindparam("of_owner")
)
_GIVE_BACK = (
    update(users)
    .where(users.c.id == bindparam("of_owner"))
    .values(
        used_bytes=users.c.used_bytes - bindparam("less_bytes"),
        used_images=users.c.used_images - bindparam("less_images"),
        used_workloads=users.c.used_workloads - bindparam("less_workloads"),
    )
)
_OWNER = select(workloads.c.owner_id).where(workloads.c.id == bindparam("of_id"))
_KEPT = select(
    func.coalesce(func.sum(images.c.size_bytes), 0).label("size"), func.count().label("number")
).where(images.c.kind.in_([ImageKind.ORIGINAL.value, ImageKind.VIDEO.value]))


def charge(connection: Connection, owner_id: str, new: Sequence[NewOriginal], default: Quota) -> None:
    """Count these for their owner. Raises `OverQuota` when they do not all fit; nothing is counted then."""
    size = sum(item.facts.size_bytes for item in new)
    values = {
        "of_owner": owner_id,
        "more_bytes": size,
        "more_images": len(new),
        "default_bytes": _NO_BOUND if default.bytes is None else default.bytes,
        "default_images": _NO_BOUND if default.images is None else default.images,
    }
    if fetch(connection, _CHARGE, values):
        return
    account = fetch(connection, _ACCOUNT, {"of_owner": owner_id})
    if account:  # else the owner is gone: an administrator adds to what they left
        [(used_bytes, used_images, quota_bytes, quota_images)] = account
        quota = Quota(
            default.bytes if quota_bytes is None else quota_bytes,
            default.images if quota_images is None else quota_images,
        )
        raise _over(used_bytes, used_images, quota, size, len(new))


def charge_workload(connection: Connection, owner_id: str, default: Quota) -> None:
    """Count a new workload for its owner. Raises `OverQuota` when it is one too many."""
    default_workloads = _NO_BOUND if default.workloads is None else default.workloads
    values = {"of_owner": owner_id, "default_workloads": default_workloads}
    if fetch(connection, _CHARGE_WORKLOAD, values):
        return
    account = fetch(connection, _ACCOUNT_OF_WORKLOADS, {"of_owner": owner_id})
    if account:  # else the owner is no user of ours
        [(used, quota)] = account
        most = default_workloads if quota is None else quota
        raise OverQuota(
            f"your quota is {most:,} workloads, and {used:,} are kept; "
            "delete some, or ask an administrator for more"
        )


def give_back_workload(connection: Connection, workload_id: str) -> None:
    """With its images, before they are removed."""
    _give_back(connection, workload_id, images.c.workload_id == workload_id, workloads_too=1)


def give_back_original(connection: Connection, workload_id: str, image_id: str) -> None:
    """Before it is removed."""
    _give_back(connection, workload_id, images.c.id == image_id)


def _give_back(
    connection: Connection, workload_id: str, which: ColumnElement[bool], workloads_too: int = 0
) -> None:
    owner_id = connection.execute(_OWNER, {"of_id": workload_id}).scalar_one()
    kept = connection.execute(_KEPT.where(which)).one()
    less = {
        "of_owner": owner_id,
        "less_bytes": int(kept.size),
        "less_images": kept.number,
        "less_workloads": workloads_too,
    }
    execute_many(connection, _GIVE_BACK, [less])


def _over(used_bytes: int, used_images: int, quota: Quota, size: int, number: int) -> OverQuota:
    more = "this image" if number == 1 else f"these {number:,} images"
    if quota.images is not None and used_images + number > quota.images:
        return OverQuota(
            f"your quota is {quota.images:,} images, and {used_images:,} are kept: {more} would be too many; "
            "delete some, or ask an administrator for more"
        )
    return OverQuota(
        f"your quota is {quota.bytes or 0:,} bytes, and {used_bytes:,} are kept: {more} of {size:,} bytes "
        "would be too much; delete some, or ask an administrator for more"
    )
