"""Deliveries to real receivers: signed, tried again, side by side, and never lost by a death."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.attempts import after
from controller.deliverer import Lanes
from datastore import Datastore, open_datastore
from dpip import ids
from dpip.domain import (
    SUBSCRIBABLE,
    ClaimedDelivery,
    Delivery,
    DeliveryState,
    Role,
    User,
    Webhook,
    WebhookEvent,
    Workload,
)
from dpip.ports import DueWebhook
from tests.controller.process import ControllerProcess
from tests.webhooks.delivering import JOIN_TOKEN, delivering
from tests.webhooks.receiver import Came, Receiver, receiving, status
from webhooks import (
    Answer,
    Schedule,
    Sealer,
    Undelivered,
    Unsealable,
    new_secret,
)

SECRET = new_secret()
WITHIN_S = 20.0


def people(datastore: Datastore) -> None:
    for name in ("ann", "bob"):
        datastore.accounts.add_user(User(name, name, "", Role.USER))


def listen(
    datastore: Datastore, url: str, owner: str = "ann", join_token: str = JOIN_TOKEN, secret: str = SECRET
) -> Webhook:
    sealed = Sealer(join_token).seal(secret)
    now = time.time()
    made = Webhook(ids.time_ordered_id(now), owner, owner, "door", url, SUBSCRIBABLE, None, sealed, now)
    datastore.webhooks.add(made, 1000)
    return made


def happen(datastore: Datastore, owner: str = "ann") -> str:
    """A workload of theirs is cancelled, long ago enough to have settled; its id."""
    now = time.time() - 60
    workload = Workload(ids.time_ordered_id(now), f"w{ids.time_ordered_id(now)}", owner, "blur", (), now)
    datastore.catalog.create_workload(workload)
    datastore.catalog.cancel_workload(workload.id, now)
    return workload.id


def ended(datastore: Datastore, webhook: Webhook, count: int = 1) -> list[Delivery]:
    """Once nothing waits any more."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        found = datastore.webhooks.deliveries(webhook.id).items
        if len(found) >= count and all(one.state is not DeliveryState.WAITING for one in found):
            return list(found)
        assert time.monotonic() < deadline, found
        time.sleep(0.01)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def store(datastore: Datastore) -> Datastore:
    people(datastore)
    return datastore


def test_what_arrives_is_signed_and_tells_what_happened(store: Datastore, receiver: Receiver) -> None:
    webhook, workload = listen(store, receiver.url), happen(store)
    with delivering(store):
        [came] = receiver.wait(1)
        [delivery] = ended(store, webhook)
    told = came.verified(SECRET)
    assert told["type"] == "workload.cancelled"
    assert told["data"]["workload_id"] == workload
    assert came.body.decode() == delivery.body
    assert came.id == delivery.id
    assert came.headers["content-type"] == "application/json"
    assert (delivery.state, delivery.attempts, delivery.answer) == (DeliveryState.DELIVERED, 1, 204)


def test_what_is_not_taken_is_sent_again_under_the_same_id(store: Datastore, receiver: Receiver) -> None:
    receiver.answers = [status(500), status(301, Location="http://127.0.0.1:1/")]
    webhook = listen(store, receiver.url)
    happen(store)
    with delivering(store):
        came = receiver.wait(3)
        [delivery] = ended(store, webhook)
    assert len({one.id for one in came}) == 1
    assert all(one.verified(SECRET) for one in came)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 3)


def test_attempts_are_bounded_and_the_last_reason_is_kept(store: Datastore, receiver: Receiver) -> None:
    receiver.usual = status(500)
    webhook = listen(store, receiver.url)
    happen(store)
    with delivering(store):
        [delivery] = ended(store, webhook)
        assert (delivery.state, delivery.attempts, delivery.answer) == (DeliveryState.FAILED, 3, 500)
        assert delivery.reason is not None
        assert delivery.reason.endswith("answered 500, where a 2xx is expected; given up after 3 attempts")
        receiver.usual = status(200)
        store.webhooks.deliver_again(webhook.id, delivery.id, time.time())
        [again] = ended(store, webhook)
    assert (again.state, again.attempts) == (DeliveryState.DELIVERED, 4)


def test_a_slow_receiver_holds_nobody_up(store: Datastore, receiver: Receiver) -> None:
    """One delivery at a time to each webhook, and no user takes all lanes."""
    let_go = threading.Event()

    def slowly(_came: Came, _handler: object) -> None:
        let_go.wait(WITHIN_S)

    with receiving() as slow:
        slow.usual = slowly
        hooks = [listen(store, slow.url) for _ in range(5)]
        quick = listen(store, receiver.url, "bob")
        for _ in range(3):
            happen(store)
        happen(store, "bob")
        with delivering(store, lanes=Lanes(4, 3), timeout_s=WITHIN_S):
            slow.wait(3)
            receiver.wait(1)
            ended(store, quick)
            for _ in range(3):
                happen(store, "bob")
            ended(store, quick, 4)
            assert len(slow.came) == 3, "of five webhooks of a user three are told at the same time"
            tried = [store.webhooks.deliveries(hook.id).items for hook in hooks]
            assert sorted(sum(one.attempts for one in each) for each in tried) == [0, 0, 1, 1, 1]
            let_go.set()


def test_who_answers_too_late_is_tried_again(store: Datastore, receiver: Receiver) -> None:
    let_go = threading.Event()

    def slowly(_came: Came, _handler: object) -> None:
        let_go.wait(WITHIN_S)

    receiver.answers = [slowly]
    webhook = listen(store, receiver.url)
    happen(store)
    with delivering(store, timeout_s=0.2):
        receiver.wait(2)
        [delivery] = ended(store, webhook)
    let_go.set()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)


@pytest.mark.parametrize(
    ("url", "join_token", "why"),
    [
        ("https://10.0.0.1/", JOIN_TOKEN, "10.0.0.1 is a private network"),
        ("http://127.0.0.1:1/", JOIN_TOKEN, "cannot be reached"),
        ("http://127.0.0.1:1/", "another", "join token"),
    ],
)
def test_what_cannot_be_sent_says_why(store: Datastore, url: str, join_token: str, why: str) -> None:
    webhook = listen(store, url, join_token=join_token)
    happen(store)
    with delivering(store, schedule=Schedule(attempts=1)):
        [delivery] = ended(store, webhook)
    assert delivery.state is DeliveryState.FAILED
    assert why in (delivery.reason or "")


def test_no_secret_is_logged(store: Datastore, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    webhook = listen(store, f"{receiver.url}?key=in-the-path")
    happen(store)
    with caplog.at_level("DEBUG"), delivering(store):
        ended(store, webhook)
    told = [str(vars(record)) for record in caplog.records]
    assert any(webhook.id in line for line in told)
    assert not [line for line in told if SECRET in line or "in-the-path" in line]


CLAIMED = ClaimedDelivery(
    Delivery("d", "w", WebhookEvent.TEST, None, "{}", 0.0),
    Webhook("w", "ann", "ann", "door", "https://a.example", SUBSCRIBABLE, None, "", 0.0),
    attempt=5,
    spent=3,
)


@pytest.mark.parametrize(
    ("outcome", "state", "due", "why"),
    [
        (Answer(200), DeliveryState.DELIVERED, None, ""),
        (Answer(299), DeliveryState.DELIVERED, None, ""),
        (Answer(302), DeliveryState.WAITING, 120.0, "redirects are not followed"),
        (Answer(404), DeliveryState.WAITING, 120.0, "404"),
        (Answer(503, retry_after_s=77), DeliveryState.WAITING, 177.0, "503"),
        (Answer(410), DeliveryState.FAILED, None, "wants nothing more"),
        (Undelivered("no answer within 5 s"), DeliveryState.WAITING, 120.0, "no answer within 5 s"),
        (Unsealable("sealed under another"), DeliveryState.FAILED, None, "sealed under another"),
    ],
)
def test_what_an_attempt_comes_to(
    outcome: Answer | Undelivered | Unsealable, state: DeliveryState, due: float | None, why: str
) -> None:
    """The second attempt since it was asked for again, at 100 s."""
    came_to = after(CLAIMED, outcome, Schedule(attempts=3), 100.0, 0.5)
    assert (came_to.attempt, came_to.at, came_to.state, came_to.due_at) == (5, 100.0, state, due)
    assert why in (came_to.reason or "")
    last = after(CLAIMED, outcome, Schedule(attempts=2), 100.0, 0.5)
    assert last.state is (state if state is DeliveryState.DELIVERED else DeliveryState.FAILED)


def test_lanes_are_shared_by_users() -> None:
    lanes = Lanes(4, 2)
    due = [DueWebhook(f"{user}{number}", user) for user in "ab" for number in range(4)]
    assert [one.webhook_id for one in lanes.choose(due, [])] == ["a0", "a1", "b0", "b1"]
    flying = due[:2]
    assert lanes.busy(flying) == {"a0", "a1", "a"}
    assert lanes.busy(flying[:1]) == {"a0"}
    assert [one.webhook_id for one in lanes.choose(due[2:], flying)] == ["b0", "b1"]
    assert lanes.choose(due, due[:4]) == ()


def test_an_event_outlives_every_process(tmp_path: Path, receiver: Receiver) -> None:
    """Killed between event and delivery, and again between delivery and the word of it."""
    settings = {"webhook_allow": "127.0.0.1", "webhook_retry_s": "0.05"}
    controller = ControllerProcess(tmp_path, **settings)
    let_go = threading.Event()

    def never_in_time(_came: Came, _handler: object) -> None:
        let_go.wait(WITHIN_S)

    try:
        controller.start()
        with open_datastore(controller.home.database_url) as datastore:
            people(datastore)
            webhook = listen(datastore, receiver.url, join_token=controller.join_token)
            controller.kill()
            workload = happen(datastore)
            receiver.answers = [never_in_time]
            controller.start()
            receiver.wait(1)
            controller.kill()
            [waiting] = datastore.webhooks.deliveries(webhook.id).items
            assert (waiting.state, waiting.attempts) == (DeliveryState.WAITING, 1)
            _let_the_lease_run_out(tmp_path)
            controller.start()
            first, second = receiver.wait(2)
            [delivery] = ended(datastore, webhook)
        assert first.id == second.id == delivery.id
        assert second.verified(SECRET)["data"]["workload_id"] == workload
        assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)
        assert controller.stop() == 0
        assert SECRET not in controller.log.read_text()
    finally:
        let_go.set()
        controller.kill()


def _let_the_lease_run_out(home: Path) -> None:
    with closing(sqlite3.connect(home / "dpip.sqlite3")) as connection, connection:
        connection.execute("UPDATE deliveries SET due_at = 0")
