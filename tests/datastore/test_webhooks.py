"""The outbox: an event gets in by the commit that makes it true, and out once, by the current attempt."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from datastore import Datastore
from datastore.telling import SETTLING_S
from dpip import ids, webhook_bodies
from dpip.domain import (
    SUBSCRIBABLE,
    Attempted,
    ClaimedDelivery,
    Delivery,
    DeliveryState,
    Failure,
    Role,
    User,
    VideoFacts,
    Webhook,
    WebhookEvent,
    Workload,
)
from dpip.errors import Conflict, NotFound, TooMany
from dpip.ports import NewVideo
from tests.datastore.making import (
    FACTS,
    LEASE,
    NOW,
    add,
    claim_next,
    failure,
    lead,
    new_workload,
    success,
)

COMPLETED, CANCELLED = SUBSCRIBABLE
DUE = NOW + SETTLING_S
MOST = 3


@pytest.fixture
def store(store: Datastore) -> Datastore:
    for name in ("ann", "bob"):
        store.accounts.add_user(User(name, name, "", Role.USER))
    return store


def listen(
    store: Datastore,
    owner: str = "ann",
    events: tuple[WebhookEvent, ...] = SUBSCRIBABLE,
    workload_id: str | None = None,
    now: float = NOW,
) -> Webhook:
    webhook = Webhook(
        ids.time_ordered_id(now),
        owner,
        owner,
        "door",
        "https://a.example",
        events,
        workload_id,
        "sealed",
        now,
    )
    store.webhooks.add(webhook, MOST)
    return webhook


def told(store: Datastore, webhook: Webhook) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of all deliveries, oldest first."""
    bodies = [json.loads(item.body) for item in store.webhooks.deliveries(webhook.id).items]
    return [(body["type"], body["data"]) for body in reversed(bodies)]


def finish(store: Datastore, epoch: int, *, fails: bool = False) -> None:
    for claimed in claim_next(store, epoch, 10):
        store.queue.finish([failure(claimed) if fails else success(claimed)], NOW, 5)


def claim(store: Datastore, webhook: Webhook, now: float = DUE) -> ClaimedDelivery:
    claimed = store.outbox.claim(webhook.id, now, now + 60)
    assert claimed is not None
    return claimed


def settle(
    store: Datastore, claimed: ClaimedDelivery, state: DeliveryState, due: float | None = None
) -> bool:
    return store.outbox.settle(Attempted(claimed.delivery.id, claimed.attempt, DUE, state, due, 500, "no"))


def test_the_last_outcome_of_a_workload_and_nothing_before_it_is_told(store: Datastore) -> None:
    webhook, epoch = listen(store), lead(store)
    workload = new_workload(store)
    add(store, workload.id, 3)
    first, second, third = claim_next(store, epoch, 3)
    store.queue.finish([success(first), failure(second)], NOW, 5)
    store.queue.finish([failure(third, retryable=True)], NOW, 5)
    assert told(store, webhook) == []
    finish(store, epoch)
    [(kind, data)] = told(store, webhook)
    assert kind == "workload.completed"
    assert data == {
        "workload_id": workload.id,
        "workload_name": "holiday",
        "status": "completed",
        "cancelled": False,
        "total": 3,
        "done": 2,
        "failed": 1,
        "video": None,
    }


def test_who_is_told_what(store: Datastore) -> None:
    """Their own workloads only; one of them only where that was said; what they asked for only."""
    epoch, (one, other) = lead(store), (new_workload(store, name) for name in ("one", "other"))
    every, narrow, completed = (
        listen(store),
        listen(store, workload_id=one.id),
        listen(store, events=(COMPLETED,)),
    )
    stranger = listen(store, "bob")
    for workload in (one, other):
        add(store, workload.id)
    finish(store, epoch)
    store.catalog.cancel_workload(other.id, NOW)
    store.catalog.cancel_workload(other.id, NOW + 1)  # which changes nothing
    events = {
        hook.id: sorted((kind, data["workload_name"]) for kind, data in told(store, hook))
        for hook in (every, narrow, completed, stranger)
    }
    both = [("workload.completed", "one"), ("workload.completed", "other")]
    assert events == {
        every.id: [("workload.cancelled", "other"), *both],
        narrow.id: both[:1],
        completed.id: both,
        stranger.id: [],
    }


def test_the_last_image_that_was_waited_for_may_be_deleted(store: Datastore) -> None:
    webhook, epoch, workload = listen(store), lead(store), new_workload(store)
    add(store, workload.id)
    finish(store, epoch)
    claimed = claim(store, webhook)
    settle(store, claimed, DeliveryState.DELIVERED)
    waited_for, other = add(store, workload.id, 2)
    store.catalog.delete_original(other.id, NOW)
    assert len(told(store, webhook)) == 1
    store.catalog.delete_original(waited_for.id, NOW)
    assert [data["total"] for _, data in told(store, webhook)] == [1, 1]


@pytest.mark.parametrize("end", ["done", "failed"])
def test_a_video_is_told_of_when_it_is_over(store: Datastore, end: str) -> None:
    webhook = listen(store)
    workload = Workload(ids.time_ordered_id(NOW), "film", "ann", "grayscale", (), NOW)
    facts = VideoFacts("mp4", "h264", 320, 180, 0, "25", 1.0, 25)
    store.videos.create(workload, NewVideo(None, "mp4", 1, "0" * 64, facts, "mp4"), lambda _key: None)
    store.videos.claim(NOW, LEASE)
    assert told(store, webhook) == []
    if end == "done":
        store.videos.finish(workload.id, 1, FACTS, lambda _key: None, NOW)
    else:
        store.videos.fail(workload.id, 1, Failure("unreadable", "torn"), NOW)
    [(kind, data)] = told(store, webhook)
    assert (kind, data["status"], data["video"]) == ("workload.completed", "completed", end)
    store.catalog.delete_workload(workload.id)


def test_completing_again_and_again_is_told_as_one_until_it_is_sent(store: Datastore) -> None:
    webhook, epoch, workload = listen(store), lead(store), new_workload(store)
    for _ in range(3):
        add(store, workload.id)
        finish(store, epoch)
    assert [data["done"] for _, data in told(store, webhook)] == [3]
    assert store.outbox.claim(webhook.id, NOW, NOW + 60) is None, "it settles first"
    claim(store, webhook)
    add(store, workload.id)
    finish(store, epoch)
    assert sorted(data["done"] for _, data in told(store, webhook)) == [3, 4]


def test_what_is_rolled_back_is_not_told(store: Datastore) -> None:
    webhook, epoch, workload = listen(store), lead(store), new_workload(store)
    add(store, workload.id)
    [claimed] = claim_next(store, epoch)
    store.queue.release([(claimed.job.id, claimed.attempt)], died=1, now=NOW)
    assert store.queue.finish([success(claimed)], NOW, 5) == (False,)
    assert told(store, webhook) == []


def test_an_attempt_that_is_lost_is_made_again_and_its_late_word_does_not_count(store: Datastore) -> None:
    webhook = completed_once(store)
    first = claim(store, webhook)
    assert (first.attempt, first.webhook.sealed_secret) == (1, "sealed")
    assert store.outbox.due(DUE + 59, (), 10) == ()
    assert [due.webhook_id for due in store.outbox.due(DUE + 60, (), 10)] == [webhook.id]
    second = claim(store, webhook, DUE + 60)
    assert (second.attempt, second.delivery.id) == (2, first.delivery.id)
    assert not settle(store, first, DeliveryState.FAILED)
    assert settle(store, second, DeliveryState.WAITING, DUE + 100)
    assert store.outbox.due(DUE + 99, (), 10) == ()
    third = claim(store, webhook, DUE + 100)
    assert settle(store, third, DeliveryState.DELIVERED)
    assert store.webhooks.waiting() == 0
    [shown] = store.webhooks.deliveries(webhook.id).items
    assert (shown.state, shown.attempts, shown.answer, shown.reason) == ("delivered", 3, 500, "no")


def test_due_ones_are_found_longest_due_first_without_the_busy_and_the_disabled(store: Datastore) -> None:
    epoch = lead(store)
    hooks = [listen(store), listen(store, "bob"), listen(store)]
    for owner in ("ann", "bob"):
        add(store, new_workload(store, f"of {owner}", owner).id)
        finish(store, epoch)
    settle(store, claim(store, hooks[0]), DeliveryState.WAITING, DUE + 5)

    def due(*busy: str) -> list[str]:
        return [found.webhook_id for found in store.outbox.due(DUE + 5, busy, 10)]

    assert due()[-1] == hooks[0].id
    assert set(due()) == {hook.id for hook in hooks}
    assert due("ann") == [hooks[1].id]
    assert due(hooks[1].id, hooks[2].id) == [hooks[0].id]
    store.accounts.change_user("bob", disabled=True)
    assert set(due()) == {hooks[0].id, hooks[2].id}
    store.catalog.cancel_workload(new_workload(store, "more", "bob").id, NOW)
    assert len(told(store, hooks[1])) == 1


def test_what_ended_is_sent_again_when_asked_for_with_all_attempts_before_it(store: Datastore) -> None:
    webhook = completed_once(store)
    claimed = claim(store, webhook)
    with pytest.raises(Conflict, match="waits"):
        store.webhooks.deliver_again(webhook.id, claimed.delivery.id, DUE)
    settle(store, claimed, DeliveryState.FAILED)
    assert store.webhooks.deliver_again(webhook.id, "unknown", DUE) is None
    assert store.webhooks.deliver_again("unknown", claimed.delivery.id, DUE) is None
    again = store.webhooks.deliver_again(webhook.id, claimed.delivery.id, DUE)
    assert again is not None
    assert again.state is DeliveryState.WAITING
    claimed = claim(store, webhook)
    assert (claimed.attempt, claimed.spent) == (2, 1)


def test_webhooks_are_listed_by_owner_counted_and_removed_with_their_deliveries(store: Datastore) -> None:
    workload = new_workload(store)
    mine = [listen(store, now=NOW + number) for number in range(2)]
    mine.append(listen(store, workload_id=workload.id, now=NOW + 2))
    theirs = listen(store, "bob", now=NOW + 3)
    with pytest.raises(Conflict, match="3 webhooks"):
        listen(store)
    page = store.webhooks.webhooks("ann", limit=2)
    assert page.items == (mine[2], mine[1])
    assert store.webhooks.webhooks("ann", limit=2, after=page.next).items == (mine[0],)
    assert len(store.webhooks.webhooks(None).items) == 4
    assert store.webhooks.webhook(theirs.id, "ann") is None
    assert store.webhooks.webhook(theirs.id, "bob") == store.webhooks.webhook(theirs.id, None) == theirs
    store.catalog.cancel_workload(workload.id, NOW)
    assert store.webhooks.remove(mine[0].id)
    assert not store.webhooks.remove(mine[0].id)
    assert store.webhooks.deliveries(mine[0].id).items == ()
    assert store.webhooks.waiting() == 2
    store.catalog.delete_workload(workload.id)
    store.accounts.delete_user("ann")
    assert store.webhooks.webhooks(None).items == (theirs,)
    assert store.webhooks.waiting() == 0


def test_a_webhook_of_a_workload_that_is_gone_goes_when_nothing_waits_for_it(store: Datastore) -> None:
    workload = new_workload(store)
    webhook = listen(store, workload_id=workload.id)
    store.catalog.cancel_workload(workload.id, NOW)
    store.catalog.delete_workload(workload.id)
    assert store.outbox.forget(NOW) == 0
    settle(store, claim(store, webhook), DeliveryState.DELIVERED)
    assert store.webhooks.webhook(webhook.id, None) == webhook
    for _ in range(MOST):
        listen(store)
    assert store.webhooks.webhook(webhook.id, None) is None


def test_old_ends_are_forgotten_and_what_waits_stays(store: Datastore) -> None:
    webhook = completed_once(store)
    assert store.outbox.forget(DUE + 1000) == 0
    settle(store, claim(store, webhook), DeliveryState.FAILED)
    assert store.outbox.forget(DUE) == 0
    assert store.outbox.forget(DUE + 1) == 1


def test_tests_are_bounded(store: Datastore) -> None:
    webhook = listen(store)

    def test() -> Delivery:
        body = webhook_bodies.of_test(webhook, NOW)
        made = Delivery(ids.time_ordered_id(NOW), webhook.id, WebhookEvent.TEST, None, body, NOW, due_at=NOW)
        store.webhooks.add_delivery(made, 2)
        return made

    first = test()
    test()
    with pytest.raises(TooMany):
        test()
    assert claim(store, webhook, NOW).delivery.body == first.body
    store.webhooks.remove(webhook.id)
    with pytest.raises(NotFound):
        test()


def completed_once(store: Datastore) -> Webhook:
    webhook, epoch = listen(store), lead(store)
    add(store, new_workload(store).id)
    finish(store, epoch)
    return webhook


def test_webhooks_come_and_go_while_jobs_end(store: Datastore) -> None:
    """No end of a job fails or waits for ever because its webhook goes at that very moment."""
    epoch = lead(store)
    for number in range(4):
        add(store, new_workload(store, f"w{number}").id, 25)
    claimed = claim_next(store, epoch, 100)
    done = threading.Event()

    def come_and_go() -> int:
        rounds = 0
        while not done.is_set():
            webhook = listen(store)
            for due in store.outbox.due(NOW + 100, (), 1):
                taken = store.outbox.claim(due.webhook_id, NOW + 100, NOW + 200)
                if taken is not None:
                    settle(store, taken, DeliveryState.DELIVERED)
            store.webhooks.remove(webhook.id)
            rounds += 1
        return rounds

    with ThreadPoolExecutor(6) as pool:
        comings = [pool.submit(come_and_go) for _ in range(2)]
        ends = [pool.submit(store.queue.finish, [success(one)], NOW, 5) for one in claimed]
        try:
            assert {end.result(60) for end in ends} == {(True,)}
        finally:
            done.set()
        assert all(coming.result(60) > 0 for coming in comings)
