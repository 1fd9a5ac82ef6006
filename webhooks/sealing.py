"""Signing secrets at rest: whoever reads the database, or a backup of it, learns none.

A seal is Fernet (AES-128-CBC and HMAC-SHA256) under a key that HKDF derives from the join token.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dpip.errors import DpipError


class Unsealable(DpipError):
    """Sealed under another join token."""


class Sealer:
    """Seals secrets, and opens them where the same join token is known."""

    def __init__(self, join_token: str) -> None:
        if not join_token:
            raise ValueError("the join token is empty: whoever reads the database could open the seals")
        key = HKDF(SHA256(), 32, salt=None, info=b"dpip webhook secrets").derive(join_token.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises `Unsealable`."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise Unsealable(
                "the signing secret was sealed under another join token; delete the webhook and make it anew"
            ) from None
