"""Every frame on the bus is sealed with the join token: nobody without it can read, make or replay one.

A seal is Fernet (AES-128-CBC and HMAC-SHA256) under a key that HKDF derives from the join token for one
channel, so that a frame of one channel is worthless on another. Inside stands a random nonce before the
message: a reply carries its request's, and receivers refuse a nonce that they have seen already.
The wire below is TLS (`bus.tls`); the seal holds on its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dpip.errors import Unauthenticated
from dpip.ports import Clock

MAX_AGE_S = 60.0  # how old a frame, or how far apart two machines' clocks, may be
NONCE_BYTES = 16
_MAX_REMEMBERED = 200_000  # nonces: some 1,600 frames a second before the oldest are forgotten early


class WrongToken(Unauthenticated):
    """The other side holds another join token, or none."""


class WrongClock(Unauthenticated):
    """A good seal, but its time is too far from ours: a late frame, or clocks that differ."""


class Replayed(Unauthenticated):
    """A good frame that came before."""


def derive(join_token: str, purpose: str) -> str:
    """A secret for another purpose (Ray's token: "ray"): 64 hex digits that do not give the token away."""
    return hmac.new(join_token.encode(), f"dpip {purpose}".encode(), hashlib.sha256).hexdigest()


def new_nonce() -> bytes:
    return secrets.token_bytes(NONCE_BYTES)


class Seal:
    """Seals and opens the frames of one channel ("request", "reply", "hint" or "announcement")."""

    def __init__(self, join_token: str, channel: str, clock: Clock = time.time) -> None:
        if not join_token:
            raise ValueError("the join token is empty: whoever dials in could join")
        key = HKDF(SHA256(), 32, salt=None, info=f"dpip bus {channel}".encode()).derive(join_token.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._clock = clock

    def close(self, message: bytes, nonce: bytes) -> bytes:
        """Seal `message`; what comes out is ASCII, a third longer and 100 bytes more."""
        return self._fernet.encrypt_at_time(nonce + message, int(self._clock()))

    def open(self, frame: bytes) -> tuple[bytes, bytes]:
        """(message, nonce) of a frame. Raises `WrongToken` or `WrongClock`."""
        try:
            sealed_at = self._fernet.extract_timestamp(frame)
            content = self._fernet.decrypt(frame)
        except (InvalidToken, ValueError):
            raise WrongToken("the frame was not sealed with this system's join token") from None
        age = self._clock() - sealed_at
        if abs(age) > MAX_AGE_S:
            raise WrongClock(
                f"the frame is {abs(age):.0f} s {'old' if age > 0 else 'ahead'}: "
                "set the clocks of both machines right (NTP)"
            )
        return content[NONCE_BYTES:], content[:NONCE_BYTES]


class Receiver:
    """Opens frames, each only once."""

    def __init__(self, seal: Seal, clock: Clock = time.time, max_remembered: int = _MAX_REMEMBERED) -> None:
        self._seal = seal
        self._clock = clock
        self._max = max_remembered
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, float] = OrderedDict()  # nonce -> when it may be forgotten

    def open(self, frame: bytes) -> tuple[bytes, bytes]:
        """(message, nonce). Raises `WrongToken`, `WrongClock` or `Replayed`."""
        message, nonce = self._seal.open(frame)
        now = self._clock()
        with self._lock:
            if nonce in self._seen:
                raise Replayed("the frame came before")
            self._seen[nonce] = now + 2 * MAX_AGE_S  # the frame's own time may be ahead of ours
            while self._seen and (len(self._seen) > self._max or next(iter(self._seen.values())) < now):
                self._seen.popitem(last=False)
        return message, nonce
