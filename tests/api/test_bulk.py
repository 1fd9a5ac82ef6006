"""Many images in one request."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from urllib3.filepost import encode_multipart_formdata
from werkzeug.test import TestResponse

from api.uploads import archives
from api.uploads.bulk import BATCH
from dpip.errors import StorageFull
from dpip.ports import Upload
from tests.api.conftest import Api, another_app
from tests.pictures import encode, photograph

Files = list[tuple[str, bytes]]


@pytest.fixture(scope="module")
def files() -> Files:
    made = [encode(photograph(number, 0.01), "jpeg") for number in range(5)]
    return [(f"{number}.jpg", made[number % 5]) for number in range(BATCH + 6)]


def form(files: Files) -> tuple[bytes, str]:
    return encode_multipart_formdata([("data", (name, data)) for name, data in files])


def zipped(files: Files) -> tuple[bytes, str]:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", b"")
        archive.writestr("__MACOSX/._0.jpg", b"junk")
        for name, data in files:
            archive.writestr(f"folder/{name}", data)
    return stream.getvalue(), "application/zip"


def tarred(files: Files, mode: str = "w") -> tuple[bytes, str]:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        link = tarfile.TarInfo("folder/link.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        for name, data in files:
            info = tarfile.TarInfo(f"../../folder/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue(), "application/x-tar"


def compressed(files: Files) -> tuple[bytes, str]:
    return tarred(files, "w:gz")


def send(api: Api, workload_id: str, body: tuple[bytes, str], user: str = "alice") -> TestResponse:
    data, content_type = body
    return api.ask("POST", f"/workloads/{workload_id}/images", user, data=data, content_type=content_type)


@pytest.mark.parametrize("pack", [form, zipped, tarred, compressed])
def test_all_are_kept_in_order(api: Api, files: Files, pack: Callable[[Files], tuple[bytes, str]]) -> None:
    workload_id = api.workload()["workload_id"]
    answer = send(api, workload_id, pack(files))
    assert answer.status_code == 201, answer.text
    got = answer.get_json()
    assert got["refused"] == []
    ids = [image["image_id"] for image in got["images"]]
    assert len(ids) == len(files)
    assert ids == sorted(ids)
    for image_id, (_, data) in list(zip(ids, files, strict=True))[:: len(files) // 5]:
        assert api.ask("GET", f"/images/{image_id}").data == data
    listed = api.ask("GET", f"/workloads/{workload_id}/images?limit=1000").get_json()["images"]
    assert [image["name"] for image in listed] == [name for name, _ in files]
    seen = api.ask("GET", f"/workloads/{workload_id}").get_json()
    assert (seen["queued"], seen["running_jobs"]) == (len(files), len(files))


def test_one_bad_picture_keeps_no_other_out(api: Api, files: Files) -> None:
    workload_id = api.workload()["workload_id"]
    mixed = [
        files[0],
        ("text.png", b"no picture"),
        files[1],
        ("cut.jpg", files[2][1][:-100]),
        ("none.jpg", b""),
    ]
    got = send(api, workload_id, form([*mixed, ("large.jpg", bytes(400_000)), files[3]])).get_json()
    assert len(got["images"]) == 3
    assert [(one["position"], one["name"], one["status"]) for one in got["refused"]] == [
        (2, "text.png", 415),
        (4, "cut.jpg", 422),
        (5, "none.jpg", 422),
        (6, "large.jpg", 413),
    ]
    assert all(one["detail"] for one in got["refused"])
    assert len([name for name in api.files() if name.endswith(".jpg")]) == 3


def zip_of(data: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("a.png", data)
    return stream.getvalue()


def patched(archive: bytes, after: bytes, offset: int, value: bytes) -> bytes:
    """With `value` at `offset` from the last place where `after` stands."""
    start = archive.rindex(after) + offset
    return archive[:start] + value + archive[start + len(value) :]


def another_method(method: int) -> bytes:
    """A zip that says its file is packed in another way than it is."""
    archive = patched(zip_of(bytes(range(200)), zipfile.ZIP_DEFLATED), b"PK\3\4", 8, bytes([method]))
    return patched(archive, b"PK\1\2", 10, bytes([method]))


def entry(size: int, kind: bytes = tarfile.REGTYPE, data: bytes = b"") -> bytes:
    """A tar's entry that says it has `size` bytes, and has `data`."""
    info = tarfile.TarInfo("a.png")
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT) + data


TO_TAR = "application/x-tar"
TROUBLE: dict[str, tuple[Any, int, str]] = {
    "a damaged file in a zip": ((zip_of(b"abcdefgh").replace(b"cde", b"xyz"), "application/zip"), 400, "CRC"),
    "a zip packed by LZMA, it says": ((another_method(14), "application/zip"), 400, "cannot be read"),
    "a zip packed by bzip2, it says": ((another_method(12), "application/zip"), 400, "cannot be read"),
    "a zip whose contents stand before its beginning": (
        (patched(zip_of(b"x"), b"PK\5\6", 16, b"\xff\xff\xff\x7f"), "application/zip"),
        400,
        "cannot be read",
    ),
    "a zip with a name that is no UTF-8": (
        (patched(patched(zip_of(b"x"), b"PK\1\2", 9, b"\x08"), b"PK\1\2", 46, b"\xff"), "application/zip"),
        400,
        "cannot be read",
    ),
    "a zip with a huge table of contents": (
        (
            patched(bytes(9_000_000) + zip_of(b"x"), b"PK\5\6", 12, (8_900_000).to_bytes(4, "little")),
            "application/zip",
        ),
        413,
        "table of contents",
    ),
    "a tar that is cut off in a file": ((entry(5000, data=b"x" * 700), TO_TAR), 400, "unexpected end"),
    "a tar with a huge file that is not there": ((entry(2**60, data=b"x" * 512), TO_TAR), 400, "end of data"),
    "a tar with a long name of a gigabyte": (
        (entry(2**30, tarfile.GNUTYPE_LONGNAME, bytes(2**20)), TO_TAR),
        400,
        "impossible size",
    ),
    "a tar with a size below zero": ((entry(-1, data=bytes(1024)), TO_TAR), 400, "impossible size"),
    "a tar with a sparse file": (
        (entry(512, tarfile.GNUTYPE_SPARSE, bytes(512)), TO_TAR),
        400,
        "sparse",
    ),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_an_archive_that_is_made_to_be_trouble_is_refused_and_leaves_nothing(api: Api, name: str) -> None:
    workload_id = api.workload()["workload_id"]
    before = api.rows(), api.files()
    body, status, says = TROUBLE[name]
    answer = send(api, workload_id, body)
    assert answer.status_code == status, answer.text
    assert says in answer.get_json(force=True)["detail"]
    assert (api.rows(), api.files()) == before


def test_a_tar_that_is_all_folders_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 100)
    folders = gzip.compress(entry(0, tarfile.DIRTYPE) * 101 + bytes(1024))
    answer = send(api, api.workload()["workload_id"], (folders, "application/gzip"))
    assert answer.status_code == 413
    assert "too many folders" in answer.get_json(force=True)["detail"]


def test_an_archive_that_unpacks_to_a_huge_heap_is_refused(
    api: Api, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "UNPACKED_BYTES", 2_000_000)
    workload_id = api.workload()["workload_id"]
    blank = [(f"{number}.png", bytes(250_000)) for number in range(20)]
    for bomb in (zipped(blank), compressed(blank)):
        answer = send(api, workload_id, bomb)
        assert answer.status_code == 413, answer.text
        assert "20 times its own size" in answer.get_json(force=True)["detail"]
    assert len(send(api, workload_id, zipped(files)).get_json()["images"]) == len(files)


def test_no_more_of_a_file_that_is_too_large_is_unpacked_than_is_needed_to_know(
    api: Api, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "UNPACKED_BYTES", 2_000_000)
    large = zipped([("large.png", bytes(20_000_000)), files[0]])
    got = send(api, api.workload()["workload_id"], large).get_json()
    assert [one["status"] for one in got["refused"]] == [413]
    assert len(got["images"]) == 1


WRONG: dict[str, tuple[Any, int, str]] = {
    "nothing in it": (form([]), 400, "no file"),
    "an empty zip": (zipped([]), 400, "no file"),
    "no zip": ((b"PK\x03\x04 but no more", "application/zip"), 400, "archive cannot be read"),
    "no tar": ((b"x" * 2000, "application/x-tar"), 400, "archive cannot be read"),
    "another type": ((b"{}", "application/json"), 400, "multipart form"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_batch_is_refused_and_leaves_nothing(api: Api, name: str) -> None:
    workload_id = api.workload()["workload_id"]
    before = api.rows(), api.files()
    body, status, says = WRONG[name]
    answer = send(api, workload_id, body)
    assert answer.status_code == status
    assert says in answer.get_json(force=True)["detail"]
    assert (api.rows(), api.files()) == before


def test_a_request_that_breaks_off_keeps_whole_batches_only(api: Api, files: Files) -> None:
    workload_id = api.workload()["workload_id"]
    data, content_type = form(files)
    answer = send(api, workload_id, (data[: len(data) - 2000], content_type))
    assert answer.status_code == 400
    assert f"{BATCH} images before that were kept" in answer.get_json(force=True)["detail"]
    assert api.rows()["images"] == BATCH
    assert len([name for name in api.files() if name.endswith(".jpg")]) == BATCH
    assert not [name for name in api.files() if ".incoming/" in name]


def test_a_disk_that_fills_up_half_way_through_a_batch_leaves_no_row_and_no_file(
    api: Api, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    workload_id = api.workload()["workload_id"]
    begin, count = api.parts.store.begin, 0

    def nearly_full() -> Any:
        nonlocal count
        count += 1
        upload = begin()
        if count == 3:

            def commit(_key: str) -> None:
                raise StorageFull("the disk is full")

            upload.commit = commit  # type: ignore[method-assign]
        return upload

    monkeypatch.setattr(type(api.parts.store), "begin", lambda _self: nearly_full())
    assert send(api, workload_id, form(files[:8])).status_code == 507
    assert api.rows()["images"] == 0
    assert not [name for name in api.files() if name.endswith(".jpg") or ".incoming/" in name]


def test_the_first_images_are_there_for_workers_while_others_arrive(
    api: Api, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    workload_id = api.workload()["workload_id"]
    begin, kept = api.parts.store.begin, []

    def looking() -> Upload:
        kept.append(api.rows()["images"])
        return begin()

    monkeypatch.setattr(api.parts.store, "begin", looking)
    assert send(api, workload_id, form(files)).status_code == 201
    assert kept == [0] * 4 + [4] * 4 + [8] * 8 + [16] * 16 + [BATCH] * (len(files) - BATCH)


def test_it_is_for_the_owner_and_not_for_a_cancelled_workload(api: Api, files: Files) -> None:
    workload_id = api.workload()["workload_id"]
    assert send(api, workload_id, form(files[:1]), "bob").status_code == 404
    api.ask("POST", f"/workloads/{workload_id}/cancel")
    assert send(api, workload_id, form(files[:1])).status_code == 409


def test_a_full_disk_in_the_middle_tells_how_many_were_kept(
    api: Api, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    workload_id = api.workload()["workload_id"]
    begin = api.parts.store.begin
    begun = []

    def begin_until_full() -> Upload:
        begun.append(True)
        if len(begun) > BATCH + 2:
            raise StorageFull("the image store is full", retry_after_s=3)
        return begin()

    monkeypatch.setattr(api.parts.store, "begin", begin_until_full)
    answer = send(api, workload_id, form(files))
    assert (answer.status_code, answer.headers["Retry-After"]) == (507, "3")
    assert f"({BATCH} images before that were kept)" in answer.get_json(force=True)["detail"]
    assert api.rows()["images"] == BATCH
    assert len(api.files()) == BATCH, "nothing half-written"


def test_a_zip_has_a_limit_of_its_own(api: Api, files: Files) -> None:
    client = another_app(api.parts, max_archive_bytes=50_000).test_client()
    workload_id = api.workload()["workload_id"]
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    answer = client.post(
        f"/workloads/{workload_id}/images",
        data=body.getvalue(),
        headers={**api.bearer("alice"), "Content-Type": "application/zip"},
    )
    assert answer.status_code == 413
    assert "50,000 bytes" in answer.get_json(force=True)["detail"]
    assert api.files() == []
