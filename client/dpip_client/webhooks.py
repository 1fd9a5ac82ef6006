"""For receivers of webhooks: is a message from DPIP, unchanged and fresh?

    told = verify(secret, request.headers, request.get_data())
    if told["type"] == "workload.completed": ...

`webhook-id` is the same each time one message is sent again: remember those that were seen. Any library for
the Standard Webhooks specification 1.0 (standardwebhooks.com) verifies them, too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

TOLERANCE_S = 300.0  # how far a message's time may be from ours
_PREFIX = "whsec_"
_VERSION = "v1,"


class NotVerified(ValueError):
    """The message is not to be believed; answer 400, and do nothing."""


def verify(
    secret: str,
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    tolerance_s: float = TOLERANCE_S,
    now: float | None = None,
) -> dict[str, Any]:
    """The message: `type`, `timestamp`, `data`. `body` is what came, byte by byte; `secret` the one that was
    shown when the webhook was made. Raises `NotVerified`."""
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp = given["webhook-id"], given["webhook-timestamp"]
        signatures = given["webhook-signature"].split()
    except KeyError as error:
        raise NotVerified(f"the header {error} is missing: this is no webhook of DPIP's") from None
    if not timestamp.isascii() or not timestamp.isdigit():
        raise NotVerified("webhook-timestamp is no time")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance_s:
        raise NotVerified("the message is too old, or from the future: are both clocks right?")
    raw = body.encode() if isinstance(body, str) else body
    expected = _signature(secret, message_id, timestamp, raw)
    fits = [hmac.compare_digest(expected, one.encode()) for one in signatures if one.startswith(_VERSION)]
    if not any(fits):
        raise NotVerified("the signature is not of this secret and body")
    try:
        told = json.loads(raw)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise NotVerified("the body is no JSON object")
    return told


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("this is no secret of a webhook: whsec_ and base64") from None
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return _VERSION.encode() + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
