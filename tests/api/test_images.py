"""Originals in, and images out."""

from __future__ import annotations

import hashlib
import io
import threading

import pytest

from api.web.turns import Turns
from dpip.domain import Failure, ImageFacts, Outcome, Success
from dpip.errors import TooMany
from imaging import Limits, read_header
from tests.api.conftest import Api
from tests.pictures import encode, photograph


def facts_of(data: bytes) -> ImageFacts:
    header = read_header(io.BytesIO(data), len(data), Limits())
    return ImageFacts(header.format, header.width, header.height, len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("field", ["data", "image", "file"])
@pytest.mark.parametrize("fields", [{}, {"type": "original"}, {"type": "orginal"}])
def test_an_upload_is_kept_and_becomes_a_job(
    api: Api, jpeg: bytes, field: str, fields: dict[str, str]
) -> None:
    made = api.workload(workload_name="holiday")["workload_id"]
    form = {"workload_id": made, **fields, field: (io.BytesIO(jpeg), "a.jpg")}
    answer = api.ask("POST", "/images", data=form)
    assert answer.status_code == 201, answer.text
    got = answer.get_json()
    assert (got["workload_id"], got["type"]) == (made, "original")
    assert api.files() == [f"holiday/{got['image_id']}.jpg"]
    assert (api.images / api.files()[0]).read_bytes() == jpeg
    assert api.rows() == {"workloads": 1, "images": 1, "jobs": 1}
    assert ("work/", {"workload": made}) in api.heard.said
    assert api.ask("GET", answer.headers["Location"]).data == jpeg


def test_fields_may_come_after_the_file(api: Api, jpeg: bytes) -> None:
    made = api.workload()["workload_id"]
    body = (
        b'--B\r\nContent-Disposition: form-data; name="data"; filename="a.jpg"\r\n\r\n'
        + jpeg
        + f'\r\n--B\r\nContent-Disposition: form-data; name="workload_id"\r\n\r\n{made}\r\n--B--\r\n'.encode()
    )
    answer = api.ask("POST", "/images", data=body, content_type="multipart/form-data; boundary=B")
    assert answer.status_code == 201, answer.text


def test_a_bare_image_with_its_fields_in_the_query(api: Api, jpeg: bytes) -> None:
    made = api.workload()["workload_id"]
    answer = api.ask(
        "POST", "/images", data=jpeg, content_type="image/jpeg", query_string={"workload_id": made}
    )
    assert answer.status_code == 201, answer.text
    assert api.ask("GET", answer.headers["Location"]).data == jpeg


@pytest.mark.parametrize("form", ["png", "webp", "jpeg"])
def test_the_content_says_what_it_is_and_not_the_name(api: Api, form: str) -> None:
    data = encode(photograph(2, 0.05), form)
    made = api.workload()["workload_id"]
    answer = api.upload(made, data, name="../../etc/pass\\wd\x7f.tiff")
    got = answer.get_json()
    assert got["format"] == form
    back = api.ask("GET", f"/images/{got['image_id']}")
    extension = {"jpeg": "jpg"}.get(form, form)
    assert back.mimetype == f"image/{form}"
    assert f"filename={got['image_id']}.{extension}" in back.headers["Content-Disposition"]
    assert back.headers["X-Content-Type-Options"] == "nosniff"
    assert back.data == data
    (image,) = api.ask("GET", f"/workloads/{made}/images").get_json()["images"]
    assert image["name"] == "wd.tiff"


def test_ids_sort_as_text_in_the_order_of_upload(api: Api, jpeg: bytes) -> None:
    made = api.workload()["workload_id"]
    ids = [api.original(made, jpeg) for _ in range(12)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 12


def test_etag_range_and_dates(api: Api, jpeg: bytes) -> None:
    made = api.workload()["workload_id"]
    path = f"/images/{api.original(made, jpeg)}"
    whole = api.ask("GET", path)
    etag = hashlib.sha256(jpeg).hexdigest()
    assert whole.headers["ETag"] == f'"{etag}"'
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Last-Modified"]
    assert "private" in whole.headers["Cache-Control"]
    same = api.ask("GET", path, headers={"If-None-Match": f'"{etag}"'})
    assert (same.status_code, same.data) == (304, b"")
    part = api.ask("GET", path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, jpeg[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(jpeg)}"
    beyond = api.ask("GET", path, headers={"Range": f"bytes={len(jpeg)}-"})
    assert beyond.status_code == 416
    assert beyond.mimetype == "application/problem+json"
    assert beyond.headers["Content-Range"] == f"bytes */{len(jpeg)}"
    head = api.ask("HEAD", path)
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(jpeg)))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Range": "bytes=0-1,5-6"}, 200),
        ({"Range": "lines=1-2"}, 200),
        ({"Range": "bytes=x"}, 200),
        ({"Range": "bytes=-99999999"}, 200),
        ({"Range": "bytes=5-99999999"}, 206),
        ({"Range": "bytes=99999999-"}, 416),
        ({"If-Match": '"another"'}, 412),
    ],
)
def test_odd_conditions_of_downloads(api: Api, jpeg: bytes, headers: dict[str, str], status: int) -> None:
    image_id = api.original(api.workload()["workload_id"], jpeg)
    answer = api.ask("GET", f"/images/{image_id}", headers=headers)
    assert answer.status_code == status
    if status < 400:
        assert answer.data == (jpeg if status == 200 else jpeg[5:])
    else:
        assert answer.get_json(force=True)["detail"]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'filename="\xe9t\xe9.jpg"', "\N{REPLACEMENT CHARACTER}t\N{REPLACEMENT CHARACTER}.jpg"),
        (b"filename*=utf-8''%C3%A9t%C3%A9.jpg", "\xe9t\xe9.jpg"),
        ('filename="\xe9t\xe9.jpg"'.encode(), "\xe9t\xe9.jpg"),
    ],
)
def test_file_names_beyond_ascii_as_clients_send_them(
    api: Api, jpeg: bytes, disposition: bytes, name: str
) -> None:
    workload_id = api.workload()["workload_id"]
    body = b'--B\r\nContent-Disposition: form-data; name="workload_id"\r\n\r\n' + workload_id.encode()
    body += b'\r\n--B\r\nContent-Disposition: form-data; name="data"; ' + disposition + b"\r\n\r\n"
    body += jpeg + b"\r\n--B--\r\n"
    answer = api.ask("POST", "/images", data=body, content_type="multipart/form-data; boundary=B")
    assert answer.status_code == 201, answer.text
    listed = api.ask("GET", f"/workloads/{workload_id}/images").get_json()["images"]
    assert [image["name"] for image in listed] == [name]


def test_a_form_in_the_body_of_a_download_is_ignored(api: Api, jpeg: bytes) -> None:
    made = api.workload()["workload_id"]
    image = api.original(made, jpeg)
    answer = api.ask("GET", f"/images/{image}", data={"workload_id": made, "type": "filtered"})
    assert answer.data == jpeg


def test_other_peoples_images_do_not_exist(api: Api, jpeg: bytes) -> None:
    image = api.original(api.workload()["workload_id"], jpeg)
    assert api.ask("GET", f"/images/{image}", "bob").status_code == 404
    assert api.ask("GET", f"/images/{image}-filtered", "bob").status_code == 404
    assert "queued" not in api.ask("GET", f"/images/{image}-filtered", "bob").text
    assert api.ask("GET", f"/images/{image}", "admin").data == jpeg


def test_a_filtered_image_that_is_not_there_says_how_far_it_is(api: Api, jpeg: bytes) -> None:
    made = api.workload()["workload_id"]
    image = api.original(made, jpeg)
    path = f"/images/{image}-filtered"
    assert "its job is queued" in api.ask("GET", path).get_json(force=True)["detail"]
    worker = api.worker()
    claimed = api.claim(image, worker)
    assert "its job is running" in api.ask("GET", path).get_json(force=True)["detail"]
    failed = Outcome(image, claimed.attempt, worker.id, Failure("unreadable", "no such marker"))
    api.datastore.queue.finish([failed], api.clock(), 5)
    answer = api.ask("GET", path)
    assert answer.status_code == 404
    assert "no such marker" in answer.get_json(force=True)["detail"]
    shown = api.ask("GET", f"/workloads/{made}").get_json()
    assert shown["status"] == "completed"
    assert shown["failed_images"] == [{"image_id": image, "kind": "unreadable", "detail": "no such marker"}]


def test_a_filtered_image_comes_out(api: Api, jpeg: bytes) -> None:
    made = api.workload(workload_name="w")["workload_id"]
    images = [api.original(made, jpeg) for _ in range(3)]
    worker = api.worker()
    result = encode(photograph(3, 0.05), "jpeg")
    for image in reversed(images):
        claimed = api.claim(image, worker)
        api.parts.store.put(f"w/{image}-filtered.jpg", result)
        success = Success(f"w/{image}-filtered.jpg", facts_of(result))
        assert api.datastore.queue.finish(
            [Outcome(image, claimed.attempt, worker.id, success)], api.clock(), 5
        ) == (True,)
    shown = api.ask("GET", f"/workloads/{made}").get_json()
    assert shown["filtered_images"] == [f"{image}-filtered" for image in images]
    assert (shown["status"], shown["running_jobs"], shown["done"]) == ("completed", 0, 3)
    assert api.ask("GET", f"/images/{images[0]}-filtered").data == result
    api.original(made, jpeg)
    assert api.ask("GET", f"/workloads/{made}").get_json()["status"] == "scheduling"


def test_lost_bytes_are_our_fault_and_say_so(api: Api, jpeg: bytes) -> None:
    image = api.original(api.workload()["workload_id"], jpeg)
    (api.images / api.files()[0]).unlink()
    answer = api.ask("GET", f"/images/{image}")
    assert answer.status_code == 500
    assert "incident" in answer.get_json(force=True)


def test_turns_are_bounded_for_all_and_for_each() -> None:
    turns = Turns(at_once=4, wait_s=0.01, waiting=1, what="uploads")
    with turns.turn("a"), turns.turn("a"), turns.turn("a"):
        with pytest.raises(TooMany, match="3 of one caller"), turns.turn("a"):
            pass
        with turns.turn("b"), pytest.raises(TooMany), turns.turn("c"):
            pass
        with turns.turn("c"):
            pass


def test_who_waits_gets_the_next_turn() -> None:
    turns = Turns(at_once=1, wait_s=10, waiting=1, what="uploads")
    got = threading.Event()

    def wait() -> None:
        with turns.turn("b"):
            got.set()

    with turns.turn("a"):
        thread = threading.Thread(target=wait)
        thread.start()
        assert not got.wait(0.05)
        while not turns.waiting:
            got.wait(0.001)
        with pytest.raises(TooMany), turns.turn("c"):  # one may wait, not two
            pass
    thread.join(5)
    assert got.is_set()
