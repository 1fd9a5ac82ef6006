"""What `dpip user` does, on the datastore itself. Everything is told in the audit trail."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argon2 import PasswordHasher

from command import printing
from command.exits import DONE, Ended
from datastore import Datastore, open_datastore
from dpip import credentials
from dpip.domain import Action, AuditEntry, Quota, Role, User
from dpip.errors import DpipError
from dpip.ids import time_ordered_id
from dpip.settings import Common, load
from storage import open_store

_NO_BOUND = "-"


def list_users() -> int:
    """A line for each, by name."""
    with _opened() as (store, _):
        rows = [_row(user) for user in _all_users(store)]
    columns = ("NAME", "ROLE", "STATE", "IMAGES", "OF", "BYTES", "OF", "WORKLOADS", "OF")
    printing.table(columns, rows, "there is no user yet; dpip user add makes one")
    return DONE


def add_user(name: str, role: Role, quota: Quota, *, random: bool) -> int:
    with _opened() as (store, _):
        credentials.user_name(name)
        password = _new_password(name, random=random)
        now = time.time()
        hashed = PasswordHasher().hash(password)
        store.accounts.add_user(User(time_ordered_id(now), name, hashed, role, quota=quota, created_at=now))
        _tell(store, Action.USER_ADDED, name, f"role={role.value}")
        _show(name, password, random=random)
    return DONE


def change_password(name: str, *, random: bool) -> int:
    """Locked out by wrong guesses, a user is let in again."""
    with _opened() as (store, _):
        _found(store, name)
        password = _new_password(name, random=random)
        store.accounts.set_password(name, PasswordHasher().hash(password))
        store.accounts.clear_login_failures(f"user:{name}")  # as the API counts them
        _tell(store, Action.PASSWORD_CHANGED, name)
        _show(name, password, random=random)
    return DONE


def set_disabled(name: str, *, disabled: bool) -> int:
    with _opened() as (store, _):
        store.accounts.change_user(name, disabled=disabled)
        _tell(store, Action.USER_CHANGED, name, f"disabled={str(disabled).lower()}")
    return DONE


def delete_user(name: str, *, with_images: bool) -> int:
    """What runs of the user's jobs ends by itself: its results are not wanted any more."""
    with _opened() as (store, settings):
        user = _found(store, name)
        if with_images:
            images = open_store(settings.image_location)
            store.accounts.change_user(name, disabled=True)
            while found := store.catalog.workloads(user.id).items:
                for workload in found:
                    keys = store.catalog.delete_workload(workload.id) or ()
                    _tell(
                        store,
                        Action.WORKLOAD_DELETED,
                        workload.id,
                        f"{workload.name!r} with {len(keys)} images",
                    )
                    images.delete(keys)
        store.accounts.delete_user(name)
        _tell(store, Action.USER_DELETED, name)
    return DONE


@contextmanager
def _opened() -> Iterator[tuple[Datastore, Common]]:
    """The datastore of this machine's system. Raises `Ended` for whatever DPIP says was wrong."""
    settings = load(Common, "dpip user", [])
    try:
        if settings.database_url is None and not _file(settings).exists():
            raise Ended(f"there is no datastore {_file(settings)}: start DPIP there once, or set DPIP_HOME")
        with open_datastore(settings.datastore_url) as store:
            yield store, settings
    except DpipError as error:
        raise Ended(error.detail) from error


def _file(settings: Common) -> Path:
    return settings.at_home.path / "dpip.sqlite3"


def _found(store: Datastore, name: str) -> User:
    user = store.accounts.find_user(name)
    if user is None:
        raise Ended(f"there is no user {name!r}; `dpip user list` shows all")
    return user


def _all_users(store: Datastore) -> Iterator[User]:
    after: str | None = None
    while True:
        page = store.accounts.users(after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def _row(user: User) -> tuple[str, ...]:
    quota = user.quota
    bounds = [
        _NO_BOUND if bound is None else f"{bound:,}" for bound in (quota.images, quota.bytes, quota.workloads)
    ]
    return (
        user.name,
        user.role.value,
        "disabled" if user.disabled else "enabled",
        f"{user.used.images:,}",
        bounds[0],
        f"{user.used.bytes:,}",
        bounds[1],
        f"{user.used.workloads:,}",
        bounds[2],
    )


def _new_password(name: str, *, random: bool) -> str:
    """Made up, asked for twice at a terminal, or the first line of standard input."""
    if random:
        return credentials.made_up_password()
    if not sys.stdin.isatty():
        return credentials.password(sys.stdin.readline().rstrip("\r\n"))
    password = credentials.password(getpass.getpass(f"New password of {name}: "))
    if getpass.getpass("Once more: ") != password:
        raise Ended("these were not the same; nothing was changed")
    return password


def _show(name: str, password: str, *, random: bool) -> None:
    if random:
        sys.stdout.write(f"the password of {name} is {password}\n")


def _tell(store: Datastore, action: Action, target: str, detail: str | None = None) -> None:
    who = f"dpip user, by {getpass.getuser()}"
    store.audit.add([AuditEntry(time.time(), action, who, None, target, detail)])
