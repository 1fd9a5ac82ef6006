"""What requests say of users."""

from __future__ import annotations

from api.web import fields
from dpip import credentials
from dpip.domain import Quota, Role
from dpip.errors import Malformed

QUOTAS = {"quota_bytes", "quota_images", "quota_workloads"}
_MOST = 2**62
_TRUTH = {True: True, False: False, "true": True, "false": False}


def role(given: fields.Fields) -> Role | None:
    """None: not said."""
    text = fields.text(given, "role")
    if text is None:
        return None
    try:
        return Role(text)
    except ValueError:
        raise Malformed(f"role must be one of {', '.join(Role)}, not {text[:50]!r}") from None


def disabled(given: fields.Fields) -> bool | None:
    """None: not said."""
    if "disabled" not in given:
        return None
    said = given["disabled"]
    if not isinstance(said, (bool, str)) or said not in _TRUTH:
        raise Malformed("disabled must be true or false")
    return _TRUTH[said]


def quota(given: fields.Fields, before: Quota) -> Quota | None:
    """`before` with what is said; null, or nothing in a form, takes the system's default. None: not said."""
    if not QUOTAS & set(given):
        return None
    return Quota(
        _bound(given, "quota_bytes") if "quota_bytes" in given else before.bytes,
        _bound(given, "quota_images") if "quota_images" in given else before.images,
        _bound(given, "quota_workloads") if "quota_workloads" in given else before.workloads,
    )


def _bound(given: fields.Fields, name: str) -> int | None:
    said = given[name]
    if said is None or said == "":
        return None
    if isinstance(said, str) and said.isascii() and said.isdigit():
        said = int(said[:20])
    if isinstance(said, bool) or not isinstance(said, int) or not 0 <= said <= _MOST:
        raise Malformed(f"{name} is a whole number from 0, or null for the system's default")
    return said


def password(given: fields.Fields) -> str | None:
    """As it was given, space and all; None: none was."""
    said = given.get("password")
    if said is None:
        return None
    if not isinstance(said, str):
        raise Malformed("password must be a string")
    return credentials.password(said)


def check_names(given: fields.Fields, known: set[str]) -> None:
    """Raises `Malformed` for a field that nobody would look at."""
    unknown = sorted(set(given) - known)
    if unknown:
        raise Malformed(f"{unknown[0][:50]!r} is no field here; there are {', '.join(sorted(known))}")
