"""What is signed is what is verified, and nothing else is."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from dpip_client.webhooks import NotVerified, verify
from webhooks import Sealer, Unsealable, new_secret, signed_headers

NOW = 1_800_000_000.0
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
BODY = b'{"type":"webhook.test"}'


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the specification's own reference libraries."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330.9, body)
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_was_signed_is_verified() -> None:
    headers = signed_headers(SECRET, "id-1", NOW, BODY)
    upper = {name.title(): value for name, value in headers.items()}
    assert verify(SECRET, upper, BODY.decode(), now=NOW + 299) == {"type": "webhook.test"}
    upper["Webhook-Signature"] = f"v1a,x v1,AAAA {headers['webhook-signature']}"
    assert verify(SECRET, upper, BODY, now=NOW - 299)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"body": BODY + b" "}, "signature"),
        ({"secret": new_secret()}, "signature"),
        ({"webhook-id": "id-2"}, "signature"),
        ({"webhook-timestamp": str(int(NOW) + 1)}, "signature"),
        ({"webhook-timestamp": "soon"}, "no time"),
        ({"webhook-signature": "v1,"}, "signature"),
        ({"webhook-signature": "v2,x"}, "signature"),
        ({"webhook-signature": "v1,\N{SNOWMAN}"}, "signature"),
        ({"webhook-signature": None}, "webhook-signature"),
        ({"now": NOW + 301}, "too old"),
        ({"now": NOW - 301}, "future"),
    ],
)
def test_what_was_changed_is_not(changed: dict[str, Any], why: str) -> None:
    headers: dict[str, Any] = signed_headers(SECRET, "id-1", NOW, BODY)
    headers |= {name: value for name, value in changed.items() if name.startswith("webhook")}
    given = {name: value for name, value in headers.items() if value is not None}
    with pytest.raises(NotVerified, match=why):
        verify(changed.get("secret", SECRET), given, changed.get("body", BODY), now=changed.get("now", NOW))


@pytest.mark.parametrize("body", [b"[1]", b"no json", b"\xff"])
def test_a_signed_body_that_is_no_message_is_not_verified(body: bytes) -> None:
    with pytest.raises(NotVerified, match="JSON"):
        verify(SECRET, signed_headers(SECRET, "id", NOW, body), body, now=NOW)


def test_a_secret_is_opened_under_the_same_join_token_only() -> None:
    secret = new_secret()
    sealed = Sealer("token").seal(secret)
    assert secret not in sealed
    assert Sealer("token").open(sealed) == secret
    with pytest.raises(Unsealable, match="join token"):
        Sealer("another").open(sealed)
    with pytest.raises(Unsealable):
        Sealer("token").open("nonsense")
    with pytest.raises(ValueError, match="join token"):
        Sealer("")
