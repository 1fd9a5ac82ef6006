"""A webhook on a whole system: what workers did is told to a real receiver, signed."""

from __future__ import annotations

from tests.system.small import small_pictures
from tests.system.system import System
from tests.webhooks.receiver import receiving


def test_the_end_of_a_workload_is_told(system: System) -> None:
    client = system.ready()
    with receiving() as receiver:
        workload_id = client.create("told by a webhook")
        fields = {"url": receiver.url, "workload_id": workload_id}
        webhook = client.ask("POST", "/webhooks", fields=fields)
        files = [("data", picture) for picture in small_pictures(20)]
        client.ask("POST", f"/workloads/{workload_id}/images", fields=files)
        told = receiver.wait(1)[-1].verified(webhook["secret"])
        while told["data"]["total"] < len(files):  # they may come in parts
            told = receiver.wait(len(receiver.came) + 1)[-1].verified(webhook["secret"])
        client.ask("DELETE", f"/webhooks/{webhook['webhook_id']}")
    assert told["type"] == "workload.completed"
    assert told["data"] == {
        "workload_id": workload_id,
        "workload_name": "told by a webhook",
        "status": "completed",
        "cancelled": False,
        "total": 20,
        "done": 20,
        "failed": 0,
        "video": None,
    }
