"""The first user, so that somebody can log in at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from api.config import ApiSettings
from api.people.passwords import Passwords
from dpip.credentials import made_up_password
from dpip.domain import Role, User
from dpip.errors import Conflict
from dpip.home import Home
from dpip.ids import time_ordered_id
from dpip.ports import Accounts, Clock


@dataclass(frozen=True, slots=True)
class FirstUser:
    """Who was made; `password_file` is where a made-up password lies, None for one that was given."""

    name: str
    password_file: Path | None


def ensure_first_user(
    accounts: Accounts, passwords: Passwords, settings: ApiSettings, home: Home, clock: Clock
) -> FirstUser | None:
    """Make an administrator if there is no user at all. None: there was one already."""
    if accounts.any_user():
        return None
    given = settings.password
    password = (
        given.get_secret_value() if given else home.ensure_secret(home.first_password, made_up_password())
    )
    user = User(
        time_ordered_id(clock()), settings.user, passwords.hash(password), Role.ADMIN, created_at=clock()
    )
    try:
        accounts.add_user(user)
    except Conflict:  # another API process was faster
        return None
    return FirstUser(user.name, None if given else home.first_password)
