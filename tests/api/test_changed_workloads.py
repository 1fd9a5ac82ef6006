"""PATCH /workloads/{workload_id}: another priority, and another name while it has no images."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api


def change(api: Api, workload_id: str, user: str = "alice", **given: Any) -> tuple[int, dict[str, Any]]:
    answer = api.ask("PATCH", f"/workloads/{workload_id}", user, json=given)
    return answer.status_code, answer.get_json(force=True)


def test_the_priority_changes_at_any_time_and_the_name_before_the_first_upload(api: Api, jpeg: bytes) -> None:
    workload_id = api.workload(workload_name="first")["workload_id"]
    status, seen = change(api, workload_id, workload_name="second", priority=8)
    assert (status, seen["workload_name"], seen["priority"]) == (200, "second", 8)
    api.workload(workload_name="first")  # it is free again
    api.original(workload_id, jpeg)
    assert change(api, workload_id, priority="2")[1]["priority"] == 2
    status, refused = change(api, workload_id, workload_name="third", priority=9)
    assert status == 409
    assert "before the first upload" in refused["detail"]
    assert change(api, workload_id, workload_name="second")[1]["priority"] == 2, "all of it or nothing"
    assert all(name.startswith("second/") for name in api.files())


def test_a_name_that_is_taken_is_refused(api: Api) -> None:
    api.workload(workload_name="holiday")
    workload_id = api.workload(workload_name="mine")["workload_id"]
    status, refused = change(api, workload_id, workload_name="HOLIDAY")
    assert status == 409
    assert "taken" in refused["detail"]


@pytest.mark.parametrize(
    "given",
    [{}, {"filter": "blur"}, {"priority": 10}, {"priority": None, "tags": []}, {"workload_name": ".."}],
)
def test_what_cannot_be_changed_is_refused(api: Api, given: dict[str, Any]) -> None:
    workload_id = api.workload()["workload_id"]
    assert change(api, workload_id, **given)[0] == 400


def test_what_an_administrator_changes_of_others_stands_in_the_audit_trail(api: Api) -> None:
    workload_id = api.workload()["workload_id"]
    for user in ("alice", "admin"):
        assert change(api, workload_id, user, priority=9)[0] == 200
    found = api.ask("GET", "/audit?action=workload-changed", "admin").get_json()["entries"]
    assert [(entry["who"], entry["target"]) for entry in found] == [("admin", workload_id)]
