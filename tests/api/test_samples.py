"""How busy a worker was."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api


def test_samples_of_the_last_minutes(api: Api) -> None:
    worker = api.worker()
    (sample,) = api.ask("GET", f"/workers/{worker.id}/samples").get_json()["samples"]
    assert sample["cpu_percent"] == 12.5
    assert sample["memory_available"] == 2 << 30
    api.clock.now += 3600
    assert api.ask("GET", f"/workers/{worker.id}/samples?minutes=30").get_json()["samples"] == []
    assert len(api.ask("GET", f"/workers/{worker.id}/samples?minutes=90").get_json()["samples"]) == 1


@pytest.mark.parametrize(("path", "status"), [("nobody/samples", 404), ("nobody/samples?minutes=0", 400)])
def test_what_is_not_there(api: Api, path: str, status: int) -> None:
    assert api.ask("GET", f"/workers/{path}").status_code == status
