"""Every route, asked by every kind of caller. A route without a row here fails the first test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from dpip.domain import Role, User, VideoFacts, Workload
from dpip.ids import time_ordered_id
from dpip.ports import NewVideo
from tests.api.conftest import PASSWORD, QUICK, Api
from tests.api.test_routes import inventory
from tests.film.films import small_film

# Alice owns all things that are asked for; "owner" is a login of hers, "read" and "write" are tokens of hers
# with that scope alone, and "metrics" is one of the administrator's. A machine is an account with the role
# worker, a worker one that subscribed. The administrator comes last, as that one may remove Alice.
CALLERS = (
    "nobody",
    "dead",
    "other",
    "read",
    "write",
    "worker",
    "machine",
    "metrics",
    "owner",
    "admin_read",
    "admin",
)

Row = Mapping[str, int]
WEBHOOK = {"url": "https://hooks.example/dpip"}


def row(**statuses: int) -> Row:
    assert set(statuses) == set(CALLERS)
    return statuses


def reading(ok: int = 200, other: int = 404) -> Row:
    """A thing of Alice's that is looked at; `other` is what Bob gets."""
    return row(
        nobody=401, dead=401, other=other, read=ok, write=403, worker=403, machine=403, metrics=403, owner=ok,
        admin_read=ok, admin=ok,
    )  # fmt: skip


def writing(ok: int = 200, other: int = 404) -> Row:
    """A thing of Alice's that is changed."""
    return row(
        nobody=401, dead=401, other=other, read=403, write=ok, worker=403, machine=403, metrics=403, owner=ok,
        admin_read=403, admin=ok,
    )  # fmt: skip


def everybody(status: int = 200) -> Row:
    return dict.fromkeys(CALLERS, status)


ADMIN_READING = row(
    nobody=401, dead=401, other=403, read=403, write=403, worker=403, machine=403, metrics=403, owner=403,
    admin_read=200, admin=200,
)  # fmt: skip


def admin_writing(ok: int) -> Row:
    return {**ADMIN_READING, "admin_read": 403, "admin": ok}


# What is one's own is there for everybody: Bob sees his status, and makes workloads of his own.
MATRIX: dict[tuple[str, str], Row] = {
    ("GET", "/"): everybody(),
    ("GET", "/assets/<name>"): everybody(),
    ("GET", "/openapi.json"): everybody(),
    ("GET", "/docs"): everybody(),
    ("GET", "/health/live"): everybody(),
    ("GET", "/health/ready"): everybody(),
    ("POST", "/login"): everybody(401),  # it takes a password, and no token
    ("DELETE", "/logout"): {**everybody(200), "nobody": 401, "dead": 401, "worker": 403},
    ("GET", "/tokens"): reading(other=200),
    ("POST", "/tokens"): writing(201, other=201),
    ("DELETE", "/tokens/<token_id>"): writing(),
    ("GET", "/users"): ADMIN_READING,
    ("POST", "/users"): admin_writing(201),
    ("GET", "/users/<user_name>"): reading(),
    ("PATCH", "/users/<user_name>"): writing(),
    ("DELETE", "/users/<user_name>"): admin_writing(200),
    ("GET", "/audit"): ADMIN_READING,
    ("GET", "/metrics"): {**ADMIN_READING, "metrics": 200},
    ("GET", "/history"): reading(other=200),
    ("GET", "/status"): reading(other=200),
    ("GET", "/workers"): reading(other=200),
    ("GET", "/workers/<worker_id>/samples"): reading(other=200),
    ("GET", "/filters"): reading(other=200),
    ("POST", "/preview"): writing(503, other=503),  # let in; previews are turned off in these tests
    ("GET", "/workloads"): reading(other=200),
    ("POST", "/workloads"): writing(201, other=201),
    ("GET", "/workloads/<workload_id>"): reading(),
    ("PATCH", "/workloads/<workload_id>"): writing(),
    ("DELETE", "/workloads/<workload_id>"): writing(),
    ("POST", "/workloads/<workload_id>/cancel"): writing(),
    ("POST", "/workloads/<workload_id>/resume"): writing(),
    ("POST", "/workloads/<workload_id>/replay"): writing(),
    ("GET", "/workloads/<workload_id>/failures"): reading(),
    ("GET", "/workloads/<workload_id>/failures.csv"): reading(),
    ("GET", "/workloads/<workload_id>/failures.json"): reading(),
    ("GET", "/workloads/<workload_id>/archive"): reading(),
    ("GET", "/events"): reading(other=200),
    ("GET", "/workloads/<workload_id>/events"): reading(),
    ("GET", "/workloads/<workload_id>/jobs"): reading(),
    ("GET", "/workloads/<workload_id>/images"): reading(),
    ("POST", "/workloads/<workload_id>/images"): writing(201),
    ("GET", "/webhooks"): reading(other=200),
    ("POST", "/webhooks"): writing(201, other=201),
    ("GET", "/webhooks/<webhook_id>"): reading(),
    ("DELETE", "/webhooks/<webhook_id>"): writing(),
    ("POST", "/webhooks/<webhook_id>/test"): writing(202),
    ("GET", "/webhooks/<webhook_id>/deliveries"): reading(),
    ("POST", "/webhooks/<webhook_id>/deliveries/<delivery_id>/redeliver"): writing(409),  # it waits
    ("GET", "/videos"): reading(other=200),
    ("POST", "/videos"): writing(201, other=201),
    ("GET", "/videos/<video_id>"): reading(),
    ("GET", "/videos/<video_id>/file"): reading(409),  # it is not done
    ("POST", "/images"): writing(201),  # of an original; what workers deliver has tests of its own
    ("GET", "/images/<image_id>"): {**reading(), "worker": 200, "machine": 200},
    ("GET", "/images/<image_id>/report"): reading(),
    ("GET", "/workloads/<workload_id>/report"): reading(),
    ("DELETE", "/images/<image_id>"): writing(),
    ("POST", "/images/<image_id>/replay"): writing(409),  # it has not failed
}


@dataclass
class Things:
    """What Alice has, made anew for each request."""

    ids: dict[str, str]
    unknown: dict[str, str] = field(
        default_factory=lambda: {
            "workload_id": "0" * 17,
            "image_id": "0" * 17 + "-0000000001",
            "token_id": "1" * 17,
            "user_name": "nobody",
            "worker_id": "2" * 17,
            "video_id": "3" * 17,
            "webhook_id": "4" * 17,
            "delivery_id": "5" * 17,
        }
    )


def things(api: Api, jpeg: bytes) -> Things:
    workload = api.workload()["workload_id"]
    image = api.original(workload, jpeg)
    token = api.ask("POST", "/tokens", json={"name": "spare"}).get_json()["token_id"]
    webhook = api.ask("POST", "/webhooks", json=WEBHOOK).get_json()["webhook_id"]
    delivery = api.ask("POST", f"/webhooks/{webhook}/test").get_json()["delivery_id"]
    (worker,) = api.datastore.register.workers()
    return Things(
        {
            "workload_id": workload,
            "image_id": image,
            "token_id": token,
            "user_name": "alice",
            "worker_id": worker.id,
            "video_id": a_video(api),
            "webhook_id": webhook,
            "delivery_id": delivery,
        }
    )


def a_video(api: Api) -> str:
    """One of Alice's that waits, without a film."""
    now = api.clock()
    workload = Workload(time_ordered_id(now), f"film {now}", "id-of-alice", "grayscale", (), now)
    facts = VideoFacts("mp4", "h264", 320, 180, 0, "25", 1.0, 25)
    new = NewVideo("film.mp4", "mp4", 1000, "0" * 64, facts, "mp4")
    return api.datastore.videos.create(workload, new, lambda _key: None).id


def callers(api: Api) -> dict[str, dict[str, str]]:
    """Their headers."""
    api.datastore.accounts.add_user(User("id-of-farm", "farm", QUICK.hash(PASSWORD), Role.WORKER))
    api.worker("w1")
    login = {name: api.login(name).get_json()["token"] for name in ("alice", "bob", "farm", "admin")}
    dead = api.login("alice").get_json()["token"]
    api.ask("DELETE", "/logout", None, headers=bearer(dead))

    def limited(name: str, scope: str) -> str:
        made = api.ask("POST", "/tokens", name, json={"name": scope, "scopes": scope})
        return str(made.get_json()["token"])

    tokens = {
        "dead": dead,
        "other": login["bob"],
        "read": limited("alice", "read"),
        "write": limited("alice", "write"),
        "worker": api.tokens["w1"],
        "machine": login["farm"],
        "owner": login["alice"],
        "metrics": limited("admin", "metrics"),
        "admin_read": limited("admin", "read"),
        "admin": login["admin"],
    }
    return {"nobody": {}, **{name: bearer(token) for name, token in tokens.items()}}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def request_of(rule: tuple[str, str], caller: str, ids: Mapping[str, str], jpeg: bytes) -> dict[str, Any]:
    """A request that is right for this route, as keyword arguments of `Api.ask`."""
    method, path = rule
    with_ids = path.replace("<name>", "base.css")
    for name, value in ids.items():
        with_ids = with_ids.replace(f"<{name}>", value)
    asked: dict[str, Any] = {"method": method, "path": with_ids}
    if rule == ("POST", "/images"):
        asked["data"] = {"workload_id": ids["workload_id"], "data": (jpeg, "a.jpg")}
    elif rule == ("POST", "/videos"):
        asked["data"] = {"data": (small_film(), "film.mp4")}
    elif rule in {("POST", "/preview"), ("POST", "/workloads/<workload_id>/images")}:
        asked["data"] = {"data": (jpeg, "a.jpg")}
    elif rule == ("PATCH", "/workloads/<workload_id>"):
        asked["json"] = {"priority": 7}
    elif rule == ("POST", "/webhooks"):
        asked["json"] = WEBHOOK
    elif rule == ("POST", "/tokens"):
        asked["json"] = {"name": "another"}
    elif rule == ("POST", "/users"):
        asked["json"] = {"name": f"made-by-{caller}", "password": PASSWORD}
    elif rule == ("DELETE", "/users/<user_name>"):
        asked["path"] += "?workloads=delete"
    return asked


def test_every_route_has_a_row_and_every_row_a_route(api: Api) -> None:
    assert set(MATRIX) == set(inventory(api))


@pytest.mark.parametrize("rule", MATRIX, ids=" ".join)
def test_every_caller_gets_what_is_theirs(api: Api, jpeg: bytes, rule: tuple[str, str]) -> None:
    headers, answers = callers(api), {}
    for caller in CALLERS:
        made = things(api, jpeg)
        answer = api.ask(user=None, headers=headers[caller], **request_of(rule, caller, made.ids, jpeg))
        answers[caller] = answer.status_code
        if answer.status_code >= 400:
            assert answer.mimetype == "application/problem+json"
            assert not re.search("traceback|sqlalchemy", answer.text, re.IGNORECASE)
        if answer.status_code == 404:
            nothing = request_of(rule, caller, made.unknown, jpeg)
            unknown = api.ask(user=None, headers=headers[caller], **nothing)
            assert without(made.ids, answer.text) == without(made.unknown, unknown.text), (
                "what is somebody else's cannot be told from what is not there"
            )
    assert answers == MATRIX[rule]


def without(ids: Mapping[str, str], text: str) -> str:
    for name, value in sorted(ids.items(), key=lambda item: -len(item[1])):
        text = text.replace(value, f"<{name}>")
    return text
