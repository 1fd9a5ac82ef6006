"""Names, passwords and tokens of users: what they may be, and what is kept of them."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable

from dpip.domain import OF_MACHINES, SCOPES_OF, Role, Scope
from dpip.errors import Forbidden, Malformed

PASSWORD_MIN_CHARS = 8
PASSWORD_MAX_CHARS = 1024
TOKEN_NAME_MAX_CHARS = 100
_TOKEN_BYTES = 32
_PASSWORD_BYTES = 15  # 20 characters to type
_USER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}\Z")


def user_name(text: str) -> str:
    """Return `text` when a user may be called so, or raise `Malformed`."""
    if not _USER_NAME.match(text):
        raise Malformed(
            f"{text[:100]!a} cannot be a user's name: 1 to 100 ASCII letters, digits, dots, hyphens, "
            "underscores and @, beginning with a letter or digit"
        )
    return text


def password(text: str) -> str:
    """Return `text` when it can be a password, or raise `Malformed`, which does not repeat it."""
    if not PASSWORD_MIN_CHARS <= len(text) <= PASSWORD_MAX_CHARS:
        raise Malformed(
            f"a password has {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS} characters, this one {len(text)}"
        )
    return text


def made_up_password() -> str:
    """120 random bits."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def token_name(text: str) -> str:
    """Return `text` when a token may be called so, or raise `Malformed`."""
    if not 1 <= len(text) <= TOKEN_NAME_MAX_CHARS or not text.isprintable():
        raise Malformed(f"a token's name has 1 to {TOKEN_NAME_MAX_CHARS} printable characters")
    return text


def new_token() -> tuple[str, str]:
    """A fresh secret of 256 random bits, and its hash."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    return token, token_hash(token)


def token_hash(token: str) -> str:
    """What the datastore keeps of a token. A fast hash will do: a token is random, not a word."""
    return hashlib.sha256(token.encode()).hexdigest()


def scopes(names: Iterable[str], role: Role, maker: frozenset[Scope]) -> frozenset[Scope]:
    """What a new token of somebody in `role` may allow, made by a token that allows `maker`.

    Raises `Malformed` for words that are no scopes, and `Forbidden` for more than the maker or role has; but
    an administrator makes tokens for workers and for Prometheus, too.
    """
    words = set(names)
    if not words or not words <= set(Scope):
        raise Malformed(f"scopes is a list of one or more of {', '.join(Scope)}")
    wanted = frozenset(map(Scope, words))
    most = maker | OF_MACHINES if Scope.WRITE in maker else maker
    if not wanted <= SCOPES_OF[role] & most:
        has = ", ".join(sorted(SCOPES_OF[role] & most)) or "nothing"
        raise Forbidden(f"a token that you make may allow {has}, and not {', '.join(sorted(wanted))}")
    return wanted
