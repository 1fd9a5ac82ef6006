"""`dpip webhooks` and both faces of the client: a real API, a real receiver, and what delivers."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from datastore import open_datastore
from dpip.home import Home
from dpip_client import AsyncClient, Client
from dpip_client.errors import NotFound
from tests.api.processes import ROOT, running
from tests.webhooks.delivering import delivering
from tests.webhooks.receiver import Receiver, receiving, status
from webhooks import Schedule

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


@dataclass(frozen=True)
class Place:
    url: str
    token: str
    receiver: Receiver

    def dpip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "command", *arguments],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": "/nonexistent",
                "DPIP_URL": self.url,
                "DPIP_TOKEN": self.token,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = Home(tmp_path_factory.mktemp("home"))
    with (
        running(home.path, DPIP_WEBHOOK_ALLOW="127.0.0.1") as api,
        open_datastore(home.database_url) as datastore,
        delivering(datastore, schedule=Schedule(), join_token=home.join_token.read_text()),
        receiving() as receiver,
    ):
        yield Place(api.url, api.login(), receiver)


def test_a_webhook_from_the_terminal(place: Place) -> None:
    with Client(place.url, place.token) as client:
        workload = client.create("grayscale", "holiday")
        added = place.dpip(
            "webhooks", "add", place.receiver.url, "--name", "door", "--event", "workload.cancelled",
            "--workload", "holiday",
        )  # fmt: skip
        assert added.returncode == 0, added.stderr
        assert "shown this once" in added.stderr
        found = re.search(r"^secret +(whsec_\S+)$", added.stdout, re.MULTILINE)
        assert found, added.stdout
        listed = json.loads(place.dpip("webhooks", "list", "--json").stdout)
        assert [(one["name"], one["events"], one["workload_id"]) for one in listed] == [
            ("door", ["workload.cancelled"], workload.id)
        ]
        tested = place.dpip("webhooks", "test", "door")
        assert tested.stdout == "it arrived: the receiver answered 204\n", tested.stderr
        client.cancel(workload.id)
    first, second = place.receiver.wait(2)
    assert first.verified(found[1])["type"] == "webhook.test"
    assert second.verified(found[1])["data"]["workload_name"] == "holiday"
    place.receiver.answers = [status(500)]
    failed = place.dpip("webhooks", "test", "door")
    assert failed.returncode == 1
    assert "the receiver answered 500" in failed.stderr
    shown = place.dpip("webhooks", "deliveries", "door").stdout
    assert re.search(r"workload\.cancelled +delivered +1 +204", shown), shown
    gone = place.dpip("webhooks", "remove", listed[0]["webhook_id"])
    assert gone.stdout == "door is called no more\n"
    assert "no webhook of the id or name 'door'" in place.dpip("webhooks", "remove", "door").stderr


def test_both_faces_of_the_client(place: Place) -> None:
    with Client(place.url, place.token) as client:
        made = client.create_webhook(place.receiver.url, events=["workload.completed"])
        assert made.secret is not None
        assert made.secret not in repr(made)
        assert [(one.id, one.secret) for one in client.webhooks()] == [(made.id, None)]
        sent = client.test_webhook(made.id)
        assert sent.event == "webhook.test"

    async def on() -> None:
        async with AsyncClient(place.url, place.token) as client:
            other = await client.create_webhook(place.receiver.url, "other")
            assert {one.name async for one in client.webhooks()} == {"127.0.0.1", "other"}
            while not [one async for one in client.deliveries(made.id, "delivered")]:
                await asyncio.sleep(0.01)
            again = await client.redeliver(made.id, sent.id)
            assert (again.id, again.state) == (sent.id, "waiting")
            for webhook in (made, other):
                await client.delete_webhook(webhook.id)
            with pytest.raises(NotFound):
                await client.test_webhook(made.id)

    asyncio.run(asyncio.wait_for(on(), 30))
