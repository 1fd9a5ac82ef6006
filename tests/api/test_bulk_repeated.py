"""A bulk upload repeated under its Idempotency-Key: one original for each file, wherever it was cut off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from api.uploads.bulk import BATCH
from api.web.idempotency import HOLD_S
from dpip.domain import Quota
from dpip.ports import Hold
from tests.api.conftest import Api
from tests.api.test_bulk import Files, files, form, tarred, zipped

__all__ = ["files"]  # a fixture
KEY = "all-of-the-holiday"
TRANSACTIONS = 4  # of 4, 4, 8 and 16 images: the first `BATCH`


def send(api: Api, workload_id: str, body: tuple[bytes, str]) -> TestResponse:
    data, content_type = body
    path = f"/workloads/{workload_id}/images"
    return api.ask("POST", path, data=data, content_type=content_type, headers={"Idempotency-Key": KEY})


def cut(body: tuple[bytes, str]) -> tuple[bytes, str]:
    """Without the last files: a batch was kept by then."""
    return body[0][: -len(body[0]) // 20], body[1]


def hold(api: Api) -> Hold:
    """Another request works under the key."""
    now = api.clock()
    held = api.datastore.receipts.hold("id-of-alice", KEY, now, now + HOLD_S, now + 9999)
    assert isinstance(held, Hold)
    return held


def parts(api: Api) -> int:
    return len(api.datastore.receipts.parts(Hold("id-of-alice", KEY, "")))


@pytest.mark.parametrize("pack", [form, zipped, tarred])
def test_it_gets_the_first_answer_byte_for_byte(
    api: Api, files: Files, pack: Callable[[Files], tuple[bytes, str]]
) -> None:
    workload_id = api.workload()["workload_id"]
    some = [*files[:3], ("text.png", b"no picture"), ("large.jpg", bytes(400_000)), *files[3:]]
    first, again = send(api, workload_id, pack(some)), send(api, workload_id, pack(some))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert len(first.get_json()["images"]) == len(files)
    assert [one["position"] for one in first.get_json()["refused"]] == [4, 5]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert api.rows()["images"] == len(api.files()) == len(files)
    assert parts(api) == 0, "the answer holds all that is to be known"


@pytest.mark.parametrize("pack", [form, tarred])
def test_one_that_was_cut_off_goes_on_from_what_was_kept(
    api: Api, files: Files, pack: Callable[[Files], tuple[bytes, str]]
) -> None:
    workload_id = api.workload()["workload_id"]
    for _ in range(2):
        broken = send(api, workload_id, cut(pack(files)))
        assert broken.status_code == 400
        assert f"{BATCH} images before that were kept" in broken.get_json(force=True)["detail"]
        assert api.rows()["images"] == BATCH
    whole = send(api, workload_id, pack(files))
    assert whole.status_code == 201, whole.text
    ids = [image["image_id"] for image in whole.get_json()["images"]]
    assert len(set(ids)) == len(ids) == len(files)
    assert ids == sorted(ids)
    for image_id, (_, data) in list(zip(ids, files, strict=True))[::9]:
        assert api.ask("GET", f"/images/{image_id}").data == data
    assert send(api, workload_id, pack(files)).data == whole.data
    assert api.rows()["images"] == len(api.files()) == len(files)


def test_other_files_under_the_key_are_refused(api: Api, files: Files) -> None:
    workload_id = api.workload()["workload_id"]
    others = [files[1], files[0], *files[2:]], files[:5], [("x.jpg", files[0][1]), *files[1:]]
    assert send(api, workload_id, cut(form(files))).status_code == 400
    for some in others:
        answer = send(api, workload_id, form(some))
        assert answer.status_code == 422, answer.text
        assert "new key" in answer.get_json(force=True)["detail"]
    assert api.rows()["images"] == BATCH, "nothing came of them"
    assert send(api, workload_id, form(files)).status_code == 201
    for some in others:
        assert send(api, workload_id, form(some)).status_code == 422
    assert send(api, api.workload()["workload_id"], form(files)).status_code == 422, "another workload"
    assert api.rows()["images"] == len(files)


def test_while_the_first_is_being_served_it_is_told_to_wait(api: Api, files: Files) -> None:
    workload_id = api.workload()["workload_id"]
    assert send(api, workload_id, cut(form(files))).status_code == 400
    hold(api)
    answer = send(api, workload_id, form(files))
    assert answer.status_code == 409
    assert int(answer.headers["Retry-After"]) >= 1
    assert api.rows()["images"] == BATCH
    api.clock.now += HOLD_S  # that one was killed
    assert send(api, workload_id, form(files)).status_code == 201
    assert api.rows()["images"] == len(files)


def test_one_that_was_overtaken_comes_to_nothing(
    api: Api, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It kept a batch, was silent for a minute, and goes on when another one has taken over."""
    workload_id = api.workload()["workload_id"]
    begin, begun = api.parts.store.begin, []
    other: list[Hold] = []

    def counting() -> object:
        begun.append(1)
        if len(begun) == BATCH + 2:
            api.clock.now += HOLD_S
            other.append(hold(api))
        return begin()

    with monkeypatch.context() as patched:
        patched.setattr(api.parts.store, "begin", counting)
        answer = send(api, workload_id, form(files))
    assert answer.status_code == 409, answer.text
    assert api.rows()["images"] == len(api.files()) == BATCH
    assert len(api.datastore.receipts.parts(other[0])) == TRANSACTIONS, "the other one knows what was kept"
    api.datastore.receipts.release(other[0])
    assert send(api, workload_id, form(files)).status_code == 201
    assert api.rows()["images"] == len(files)


def test_each_batch_holds_the_key_on(api: Api, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    workload_id = api.workload()["workload_id"]
    begin, begun = api.parts.store.begin, []

    def slow() -> object:
        begun.append(1)
        api.clock.now += 0.9 * HOLD_S / BATCH
        return begin()

    monkeypatch.setattr(api.parts.store, "begin", slow)
    assert send(api, workload_id, form(files * 3)).status_code == 201, "nearly three minutes in all"


def test_what_found_no_room_is_tried_again_when_there_is_some(api: Api, files: Files) -> None:
    """A repetition goes on; it does not repeat refusals. Once it is answered, that answer stays."""
    workload_id = api.workload()["workload_id"]
    api.datastore.accounts.change_user("alice", quota=Quota(None, BATCH + 2))
    first = send(api, workload_id, cut(form(files)))
    assert first.status_code == 400
    api.datastore.accounts.change_user("alice", quota=Quota(None, BATCH + 3))
    whole = send(api, workload_id, form(files)).get_json()
    assert (len(whole["images"]), len(whole["refused"])) == (BATCH + 3, len(files) - BATCH - 3)
    api.datastore.accounts.change_user("alice", quota=Quota(None, 9999))
    assert send(api, workload_id, form(files)).get_json() == whole


def test_notes_of_what_was_never_finished_are_swept(api: Api, files: Files) -> None:
    workload_id = api.workload()["workload_id"]
    assert send(api, workload_id, cut(form(files))).status_code == 400
    assert parts(api) == TRANSACTIONS
    api.clock.now += api.parts.bounds.idempotency_s
    assert api.datastore.receipts.sweep(api.clock()) == 1
    assert parts(api) == 0
