"""A request that is repeated under its Idempotency-Key gets the first answer, and does nothing again."""

from __future__ import annotations

import io
import threading

import pytest
from werkzeug.test import TestResponse

from api.web.idempotency import HOLD_S
from dpip.errors import NotReady
from dpip.ports import Hold
from tests.api.conftest import Api
from tests.pictures import encode, photograph

KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def upload(api: Api, workload_id: str, data: bytes, user: str = "alice", name: str = "a.jpg") -> TestResponse:
    form = {"workload_id": workload_id, "data": (io.BytesIO(data), name)}
    return api.ask("POST", "/images", user, data=form, headers=KEY)


def test_a_repeated_upload_gets_the_first_answer_byte_for_byte(api: Api, jpeg: bytes) -> None:
    workload_id = api.workload()["workload_id"]
    first, again = upload(api, workload_id, jpeg), upload(api, workload_id, jpeg)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert api.rows()["images"] == 1
    assert len(api.files()) == 1


def test_a_repeated_workload_is_not_made_again(api: Api) -> None:
    asked = {"filter": "blur", "sigma": 4}
    first = api.ask("POST", "/workloads", json=asked, headers=KEY)
    api.clock.now += 3600
    again = api.ask("POST", "/workloads", data={"filter": "blur", "sigma": "4"}, headers=KEY)
    assert again.status_code == 422, "another request: 4 is not '4'"
    again = api.ask(
        "POST", "/workloads", json=asked, headers={"Idempotency-Key": KEY["Idempotency-Key"][1:-1]}
    )
    assert (again.status_code, again.data) == (201, first.data), "quoted or not, it is the same key"
    assert api.rows()["workloads"] == 1


def test_another_request_under_the_same_key_is_refused(api: Api, jpeg: bytes) -> None:
    one, two = api.workload()["workload_id"], api.workload()["workload_id"]
    assert upload(api, one, jpeg).status_code == 201
    other = encode(photograph(9, 0.01), "jpeg")
    for answer in (
        upload(api, two, jpeg),
        upload(api, one, other),
        upload(api, one, jpeg, name="b.jpg"),
        api.ask("POST", "/workloads", headers=KEY),
    ):
        assert answer.status_code == 422
        assert "new key" in answer.get_json(force=True)["detail"]
    assert api.rows()["images"] == 1
    assert len(api.files()) == 1, "what was sent in vain is gone"


def test_keys_belong_to_their_users_and_expire(api: Api, jpeg: bytes) -> None:
    hers, his = api.workload()["workload_id"], api.workload("bob")["workload_id"]
    assert upload(api, hers, jpeg).status_code == 201
    assert upload(api, his, jpeg, "bob").status_code == 201
    assert api.datastore.receipts.sweep(api.clock()) == 0
    api.clock.now += api.parts.bounds.idempotency_s
    api.tokens.clear()
    assert upload(api, hers, jpeg).get_json()["image_id"].endswith("2"), "the key was forgotten"
    assert api.datastore.receipts.sweep(api.clock()) == 1, "his"


def test_a_refused_request_frees_its_key(api: Api, jpeg: bytes) -> None:
    workload_id = api.workload()["workload_id"]
    assert upload(api, workload_id, b"no picture").status_code == 415
    assert upload(api, workload_id, jpeg).status_code == 201
    assert api.rows()["images"] == 1


def test_one_that_is_in_progress_is_waited_for(api: Api, jpeg: bytes) -> None:
    workload_id = api.workload()["workload_id"]
    now = api.clock()
    key = KEY["Idempotency-Key"].strip('"')
    held = api.datastore.receipts.hold("id-of-alice", key, now, now + HOLD_S, now + 9999)
    assert isinstance(held, Hold)
    answer = upload(api, workload_id, jpeg)
    assert answer.status_code == 409
    assert int(answer.headers["Retry-After"]) >= 1
    api.clock.now += HOLD_S  # whoever held it was killed
    assert upload(api, workload_id, jpeg).status_code == 201
    api.datastore.receipts.release(held)
    assert upload(api, workload_id, jpeg).headers["Idempotency-Replayed"] == "true", (
        "a late one takes nothing"
    )


def test_the_image_and_its_receipt_are_kept_together_or_not_at_all(
    api: Api, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the process is killed just before, or the disk is away in, the commit of both."""
    workload_id = api.workload()["workload_id"]
    begin = api.parts.store.begin

    def away(_key: str) -> None:
        raise NotReady("the store is away")

    def begin_in_vain() -> object:
        made = begin()
        monkeypatch.setattr(made, "commit", away)
        return made

    with monkeypatch.context() as patched:
        patched.setattr(api.parts.store, "begin", begin_in_vain)
        assert upload(api, workload_id, jpeg).status_code == 503
    assert api.rows()["images"] == 0
    assert upload(api, workload_id, jpeg).status_code == 201
    assert api.rows()["images"] == 1


def test_of_many_at_once_one_is_kept(api: Api, jpeg: bytes) -> None:
    workload_id = api.workload()["workload_id"]
    api.bearer("alice")
    answers: list[TestResponse] = []
    threads = [
        threading.Thread(target=lambda: answers.append(upload(api, workload_id, jpeg))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.data for answer in answers if answer.status_code == 201}) == 1
    assert api.rows()["images"] == 1


@pytest.mark.parametrize(
    "key", ["", '""', "two words", "x" * 201, "schlüssel", '"half', "one,two", '"one","two"']
)
def test_what_is_no_key_is_refused(api: Api, key: str) -> None:
    answer = api.ask("POST", "/workloads", headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert "UUID" in answer.get_json(force=True)["detail"]
