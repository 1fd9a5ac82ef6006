"""What may be done to users, and by whom. Everything is told in the audit trail, without secrets."""

from __future__ import annotations

from api.parts import Parts
from api.people import user_fields
from api.people.login import Login
from api.people.trail import Trail
from api.web.fields import Fields, text
from api.workloads.removal import remove_workload
from dpip import credentials
from dpip.domain import NO_QUOTA, Action, Caller, Role, User
from dpip.errors import Forbidden, Malformed, NotFound
from dpip.ids import time_ordered_id

_NEW = {"name", "password", "role", *user_fields.QUOTAS}
_OWN = {"password", "current_password"}
_CHANGES = {*_OWN, "role", "disabled", *user_fields.QUOTAS}


class Administration:
    """Changes of users, each on behalf of a caller at an address."""

    def __init__(self, parts: Parts, login: Login, trail: Trail) -> None:
        self._parts = parts
        self._accounts = parts.accounts
        self._login = login
        self._trail = trail

    def seen_by(self, caller: Caller, name: str) -> User:
        """Oneself; anybody for an administrator. Raises `NotFound`."""
        user = self._accounts.find_user(name)
        if user is None or (caller.role is not Role.ADMIN and caller.user_id != user.id):
            raise NotFound(f"there is no user {name!r} that you may see")
        return user

    def add(self, caller: Caller, given: Fields) -> tuple[User, str | None]:
        """The user, and the password where it was made up. Raises `Malformed` and `Conflict`."""
        user_fields.check_names(given, _NEW)
        name = credentials.user_name(text(given, "name") or "")
        role = user_fields.role(given) or Role.USER
        quota = user_fields.quota(given, NO_QUOTA) or NO_QUOTA
        chosen = user_fields.password(given)
        made_up = None if chosen else credentials.made_up_password()
        hashed = self._login.hashed(chosen or made_up or "")
        now = self._parts.clock()
        user = User(time_ordered_id(now), name, hashed, role, quota=quota, created_at=now)
        self._accounts.add_user(user)
        self._trail.did(Action.USER_ADDED, caller.user_name, name, _said(given))
        return user, made_up

    def change(self, caller: Caller, user: User, given: Fields, address: str | None) -> User:
        """Raises `Malformed`, `Forbidden`, and `Conflict` where no administrator would be left."""
        user_fields.check_names(given, _CHANGES)
        if caller.role is not Role.ADMIN and not set(given) <= _OWN:
            raise Forbidden("only an administrator may change more than a password")
        role, disabled = user_fields.role(given), user_fields.disabled(given)
        quota, password = user_fields.quota(given, user.quota), user_fields.password(given)
        if password is not None:
            if user.id == caller.user_id:
                self._confirm(user, given, address)
            self._accounts.set_password(user.name, self._login.hashed(password))
            self._login.forgive(user.name)
            self._trail.did(Action.PASSWORD_CHANGED, caller.user_name, user.name)
        if (role, disabled, quota) != (None, None, None):
            user = self._accounts.change_user(user.name, role=role, disabled=disabled, quota=quota)
            self._trail.did(Action.USER_CHANGED, caller.user_name, user.name, _said(given))
        return user

    def delete(self, caller: Caller, user: User, *, with_workloads: bool) -> int:
        """Returns how many workloads went. Raises `Conflict` for who has some, and the last administrator."""
        removed = 0
        if with_workloads:
            self._accounts.change_user(user.name, disabled=True)  # so that nothing comes after
            while found := self._parts.catalog.workloads(user.id).items:
                for workload in found:
                    remove_workload(self._parts, self._trail, caller.user_name, workload)
                removed += len(found)
        self._accounts.delete_user(user.name)
        self._trail.did(Action.USER_DELETED, caller.user_name, user.name)
        return removed

    def _confirm(self, user: User, given: Fields, address: str | None) -> None:
        """Who found a token somewhere does not take over the account. Guessing is slowed down here, too."""
        current = given.get("current_password")
        if not isinstance(current, str):
            raise Malformed("current_password is needed to change your own password")
        if self._login.check(user.name, current, address) is None:
            raise Forbidden("current_password is not your password")


def _said(given: Fields) -> str | None:
    """What was asked for, without secrets."""
    words = [f"{name}={value}" for name, value in sorted(given.items()) if name not in {*_OWN, "name"}]
    return ", ".join(words) or None
