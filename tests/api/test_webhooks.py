"""Webhooks as users meet them: made, shown without their secret, tried, and what became of deliveries."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from api.app import create_app
from api.parts import Bounds
from api.webhooks.deliveries import MOST_WAITING
from dpip.domain import Attempted, DeliveryState
from tests.api.conftest import Api
from webhooks import Allowance, Sealer

URL = "https://hooks.example/dpip?key=in-the-path"


def make(api: Api, user: str = "alice", **given: Any) -> dict[str, Any]:
    answer = api.ask("POST", "/webhooks", user, json={"url": URL, **given})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(answer.get_json())


def deliveries(api: Api, webhook: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    shown = api.ask("GET", f"/webhooks/{webhook['webhook_id']}/deliveries{query}").get_json()
    found: list[dict[str, Any]] = shown["deliveries"]
    return found


def deliver(api: Api, webhook: dict[str, Any], state: DeliveryState, status: int, reason: str = "") -> None:
    """What a controller does."""
    now = api.clock() + 10
    claimed = api.datastore.outbox.claim(webhook["webhook_id"], now, now + 60)
    assert claimed is not None
    told = Attempted(claimed.delivery.id, claimed.attempt, now, state, None, status, reason or None)
    assert api.datastore.outbox.settle(told)


def test_a_secret_is_shown_once_and_kept_sealed(api: Api) -> None:
    made = make(api, name="nightly", events="workload.completed")
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert (made["name"], made["events"], made["user"]) == ("nightly", ["workload.completed"], "alice")
    listed = api.ask("GET", "/webhooks")
    assert listed.get_json()["webhooks"] == [made]
    shown = api.ask("GET", f"/webhooks/{made['webhook_id']}")
    assert shown.get_json() == made
    assert api.ask("DELETE", f"/webhooks/{made['webhook_id']}").get_json() == made
    assert api.ask("GET", "/webhooks").get_json()["webhooks"] == []
    again = make(api)
    kept = api.datastore.webhooks.webhook(again["webhook_id"], None)
    assert kept is not None
    assert again["secret"] not in kept.sealed_secret
    assert Sealer("a join token").open(kept.sealed_secret) == again["secret"] != secret


def test_a_form_will_do_and_what_is_left_out_is_chosen(api: Api) -> None:
    data = {"url": URL, "events": "workload.cancelled, workload.completed"}
    made = api.ask("POST", "/webhooks", data=data).get_json()
    assert made["events"] == ["workload.completed", "workload.cancelled"]
    assert (made["name"], made["workload_id"]) == ("hooks.example", None)
    assert make(api)["events"] == made["events"]
    assert make(api, url="https://not.yet.nowhere/")["name"] == "not.yet.nowhere"


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"url": ""}, 400, "https://example.com/dpip"),
        ({"url": 7}, 400, "url must be a string"),
        ({"url": "ftp://hooks.example/"}, 400, "https://"),
        ({"url": "https://me:secret@hooks.example/"}, 400, "no user name or password"),
        ({"url": "http://hooks.example/"}, 422, "https only"),
        ({"url": "https://127.0.0.1/"}, 422, "this machine"),
        ({"url": "https://printer.inside/"}, 422, "printer.inside is a private network"),
        ({"name": "x" * 101}, 400, "100 printable"),
        ({"name": "a\nb"}, 400, "100 printable"),
        ({"events": []}, 400, "one or more of workload.completed, workload.cancelled"),
        ({"events": ["workload.done"]}, 400, "one or more of"),
        ({"events": "webhook.test"}, 400, "one or more of"),
        ({"events": {"workload.completed": True}}, 400, "one or more of"),
        ({"events": [["workload.completed"]]}, 400, "one or more of"),
        ({"workload_id": "unknown"}, 404, "no workload 'unknown' of yours"),
        ({"secret": "mine"}, 400, "'secret' is nothing that a webhook has"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused(api: Api, given: dict[str, Any], code: int, said: str) -> None:
    answer = api.ask("POST", "/webhooks", json={"url": URL, **given})
    assert answer.status_code == code, answer.text
    assert said in answer.get_json(force=True)["detail"]
    assert api.ask("GET", "/webhooks").get_json()["webhooks"] == []


def test_one_may_listen_to_a_single_workload_of_ones_own(api: Api) -> None:
    mine, theirs = (api.workload(user)["workload_id"] for user in ("alice", "bob"))
    assert make(api, workload_id=mine)["workload_id"] == mine
    for user in ("alice", "admin"):
        answer = api.ask("POST", "/webhooks", user, json={"url": URL, "workload_id": theirs})
        assert answer.status_code == 404
    api.ask("POST", f"/workloads/{mine}/cancel")
    [delivery] = deliveries(api, api.ask("GET", "/webhooks").get_json()["webhooks"][0])
    assert delivery["payload"]["data"]["workload_id"] == mine


def test_a_user_has_a_bounded_number_of_webhooks(api: Api) -> None:
    bounds = Bounds(webhooks_per_user=2, webhook_allowance=Allowance.parse("10.0.0.0/8"))
    api.app = create_app(replace(api.parts, bounds=bounds, counted=CollectorRegistry()))
    make(api, url="http://printer.inside/")
    make(api, "bob")
    make(api)
    answer = api.ask("POST", "/webhooks", json={"url": URL})
    assert answer.status_code == 409
    assert "2 webhooks" in answer.get_json(force=True)["detail"]


def test_an_administrator_sees_everybodys_and_the_trail_tells_where_they_lead(api: Api) -> None:
    made = make(api, "bob")
    assert api.ask("GET", "/webhooks", "admin").get_json()["webhooks"][0]["user"] == "bob"
    api.ask("DELETE", f"/webhooks/{made['webhook_id']}", "admin")
    trail = api.ask("GET", f"/audit?target={made['webhook_id']}", "admin")
    told = [(entry["action"], entry["who"], entry["detail"]) for entry in trail.get_json()["entries"]]
    assert told == [
        ("webhook-deleted", "admin", "https://hooks.example"),
        ("webhook-made", "bob", "https://hooks.example"),
    ]
    assert made["secret"] not in trail.text
    assert "in-the-path" not in trail.text


def test_a_test_waits_to_be_sent_and_ends_are_shown_and_sent_again(api: Api) -> None:
    webhook = make(api)
    path = f"/webhooks/{webhook['webhook_id']}"
    answer = api.ask("POST", f"{path}/test")
    assert answer.status_code == 202
    made = answer.get_json()
    assert (made["event"], made["state"], made["attempts"]) == ("webhook.test", "waiting", 0)
    assert made["payload"]["data"] == {"webhook_id": webhook["webhook_id"], "name": "hooks.example"}
    assert deliveries(api, webhook) == [made]
    again = f"{path}/deliveries/{made['delivery_id']}/redeliver"
    assert api.ask("POST", again).status_code == 409
    deliver(api, webhook, DeliveryState.FAILED, 500, "the receiver answered 500")
    [failed] = deliveries(api, webhook, "?state=failed")
    assert deliveries(api, webhook, "?state=waiting") == []
    assert (failed["attempts"], failed["last_status"], failed["last_error"], failed["next_attempt_at"]) == (
        1,
        500,
        "the receiver answered 500",
        None,
    )
    assert api.ask("POST", again).get_json()["state"] == "waiting"
    deliver(api, webhook, DeliveryState.DELIVERED, 204)
    [delivered] = deliveries(api, webhook)
    assert (delivered["attempts"], delivered["last_status"], delivered["last_error"]) == (2, 204, None)
    assert api.ask("POST", f"{path}/deliveries/unknown/redeliver").status_code == 404


def test_tests_and_pages_are_bounded(api: Api) -> None:
    webhook = make(api)
    path = f"/webhooks/{webhook['webhook_id']}"
    for _ in range(MOST_WAITING):
        assert api.ask("POST", f"{path}/test").status_code == 202
    answer = api.ask("POST", f"{path}/test")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    first = api.ask("GET", f"{path}/deliveries?limit=60").get_json()
    rest = api.ask("GET", f"{path}/deliveries?limit=60&after={first['next']}").get_json()
    assert rest["next"] is None
    ids = [item["delivery_id"] for item in (*first["deliveries"], *rest["deliveries"])]
    assert len(set(ids)) == MOST_WAITING
    assert ids == sorted(ids, reverse=True)


def test_a_workload_that_is_done_is_told(api: Api, jpeg: bytes) -> None:
    webhook = make(api)
    workload = api.workload(workload_name="ferien")["workload_id"]
    image = api.original(workload, jpeg)
    api.ask("DELETE", f"/images/{image}")
    assert deliveries(api, webhook) == [], "an empty workload is not done"
    api.ask("POST", f"/workloads/{workload}/cancel")
    [delivery] = deliveries(api, webhook)
    assert delivery["event"] == delivery["payload"]["type"] == "workload.cancelled"
    assert json.dumps(delivery["payload"]["data"]["workload_name"]) == '"ferien"'
