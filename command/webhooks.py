"""What `dpip webhooks` does."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from command import printing, talking
from command.exits import FAILED, Ended
from dpip_client import Client, Delivery, Webhook

_LOOK_S = 0.2
_WAIT_S = 90.0  # the longest time for an answer is 60 s


def list_webhooks(url: str | None, ca: Path | None, *, as_json: bool) -> None:
    """Raises `Ended`."""
    found = talking.ask(url, ca, lambda client: list(client.webhooks()))
    if as_json:
        printing.as_json([dict(one.raw) for one in found])
        return
    printing.table(
        ("ID", "NAME", "EVENTS", "WORKLOAD", "URL"),
        [(one.id, one.name, one.events, one.workload_id or "all", one.url) for one in found],
        "there is no webhook yet; dpip webhooks add makes one",
        shorten="URL",
        drop=("EVENTS", "WORKLOAD"),
    )


def add_webhook(
    url: str | None,
    ca: Path | None,
    target: str,
    name: str | None,
    events: Sequence[str],
    workload: str | None,
    *,
    as_json: bool,
) -> None:
    """Raises `Ended`."""

    def work(client: Client) -> Webhook:
        workload_id = None if workload is None else talking.workload_id(client, workload)
        return client.create_webhook(target, name, events, workload_id)

    made = talking.ask(url, ca, work)
    if as_json:
        printing.as_json(dict(made.raw))
        return
    printing.facts({"id": made.id, "name": made.name, "events": made.events, "secret": made.secret})
    printing.note("the secret is shown this once: give it to the receiver, which knows our calls by it")


def remove_webhook(url: str | None, ca: Path | None, named: str) -> None:
    """Raises `Ended`."""

    def work(client: Client) -> Webhook:
        found = _found(client, named)
        client.delete_webhook(found.id)
        return found

    gone = talking.ask(url, ca, work)
    sys.stdout.write(f"{printing.text(gone.name)} is called no more\n")


def try_webhook(url: str | None, ca: Path | None, named: str, *, as_json: bool) -> None:
    """Raises `Ended`, also when the test did not arrive."""
    tried = talking.ask(url, ca, lambda client: _tried(client, _found(client, named)))
    if as_json:
        printing.as_json(dict(tried.raw))
    if tried.state == "delivered":
        if not as_json:
            sys.stdout.write(f"it arrived: the receiver answered {tried.last_status}\n")
        return
    why = tried.last_error or "it was not sent yet: does the controller run? dpip doctor looks"
    raise Ended(f"it did not arrive: {why}", FAILED)


def _tried(client: Client, webhook: Webhook) -> Delivery:
    """What came of the first attempt, or what is known when that takes too long."""
    sent, deadline = client.test_webhook(webhook.id), time.monotonic() + _WAIT_S
    while True:
        seen = next((one for one in client.deliveries(webhook.id) if one.id == sent.id), sent)
        if seen.state != "waiting" or seen.last_error or time.monotonic() > deadline:
            return seen
        time.sleep(_LOOK_S)


def list_deliveries(url: str | None, ca: Path | None, named: str, *, limit: int, as_json: bool) -> None:
    """Raises `Ended`."""

    def work(client: Client) -> list[Delivery]:
        return list(islice(client.deliveries(_found(client, named).id), limit))

    found = talking.ask(url, ca, work)
    if as_json:
        printing.as_json([dict(one.raw) for one in found])
        return
    printing.table(
        ("ID", "EVENT", "STATE", "ATTEMPTS", "STATUS", "NEXT ATTEMPT", "WHY NOT"),
        [
            (
                one.id,
                one.event,
                one.state,
                one.attempts,
                one.last_status,
                one.next_attempt_at and printing.moment(one.next_attempt_at),
                one.last_error,
            )
            for one in found
        ],
        "nothing was sent to it yet; dpip webhooks test sends something",
        shorten="WHY NOT",
        drop=("NEXT ATTEMPT", "STATUS"),
    )


def _found(client: Client, named: str) -> Webhook:
    """By id or name. Raises `Ended` for none, and for a name that several have."""
    every = list(client.webhooks())
    found = [one for one in every if one.id == named] or [one for one in every if one.name == named]
    if len(found) > 1:
        raise Ended(f"{len(found)} webhooks are called {named!r}: name one by its id; dpip webhooks list")
    if not found:
        raise Ended(f"there is no webhook of the id or name {named!r} of yours; dpip webhooks list")
    return found[0]
