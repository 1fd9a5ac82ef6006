"""What bad input gets: the right status, a detail that helps, and no trace in the datastore or the store."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import pytest

from dpip.errors import NotReady, StorageFull
from imaging.filters.blur import Blur
from tests.api.conftest import MAX_BYTES, Api
from tests.pictures import encode, photograph


def giant_png() -> bytes:
    """A small file that says it is 100,000 x 100,000 pixels."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunks = b""
    for name, content in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")):
        chunks += struct.pack(">I", len(content)) + name + content
        chunks += struct.pack(">I", zlib.crc32(name + content))
    return b"\x89PNG\r\n\x1a\n" + chunks


PHOTOGRAPH = encode(photograph(1, 0.06), "jpeg")
FORM = "multipart/form-data; boundary=B"
JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
END = b"--B--\r\n"


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    file = f'; filename="{filename}"' if filename is not None else ""
    head = f'--B\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + content + b"\r\n"


ID = part("workload_id", b"{id}")
FILE = part("data", PHOTOGRAPH, "a")


@dataclass
class Case:
    """A request, and what it must get. `{id}` stands for an existing workload of the caller's."""

    path: str
    request: dict[str, Any]
    status: int
    says: str
    user: str = "alice"

    def fill(self, workload_id: str) -> dict[str, Any]:
        request = dict(self.request)
        data = request.get("data")
        if isinstance(data, bytes):
            request["data"] = data.replace(b"{id}", workload_id.encode())
        elif isinstance(data, dict):
            request["data"] = {
                name: io.BytesIO(value) if isinstance(value, bytes) else value for name, value in data.items()
            }
            for name, value in list(request["data"].items()):
                if value == "{id}":
                    request["data"][name] = workload_id
                elif isinstance(value, tuple):
                    request["data"][name] = (io.BytesIO(value[0]), value[1])
        if "query_string" in request:
            request["query_string"] = request["query_string"].replace("{id}", workload_id)
        return request


def workload(status: int, says: str, **fields: Any) -> Case:
    return Case("/workloads", {"json": fields}, status, says)


def image(status: int, says: str, data: bytes = PHOTOGRAPH, **fields: Any) -> Case:
    form = {"workload_id": "{id}", **fields, "data": (data, "a.png")}
    return Case("/images", {"data": form}, status, says)


def raw(path: str, status: int, says: str, **request: Any) -> Case:
    return Case(path, request, status, says)


CASES = {
    # workloads
    "unknown filter": workload(400, "did you mean 'unsharp_mask'", filter="sharpen"),
    "a slip of the pen": workload(400, "did you mean 'blur'", filter="blurr"),
    "unknown parameter": workload(400, "blur knows sigma", filter="blur", sigmma=3),
    "out of range": workload(422, "from 0.1 to 100", filter="blur", sigma=5000),
    "negative": workload(422, "from 0.1 to 100", filter="blur", sigma=-1),
    "no number": workload(422, "must be a number", filter="blur", sigma="wide"),
    "not finite": workload(422, "sigma", filter="blur", sigma="nan"),
    "parameter is an object": workload(400, "must be a string, a number", filter="blur", sigma={}),
    "filter is a number": workload(400, "filter must be a string", filter=3),
    "climbing name": workload(400, "workload_name", workload_name="../up"),
    "hidden name": workload(400, "begins or ends", workload_name=".hidden"),
    "name with a slash": workload(400, "a character", workload_name="a/b"),
    "name with a backslash": workload(400, "a character", workload_name="a\\b"),
    "name with a zero": workload(400, "a character", workload_name="a\0b"),
    "300 characters": workload(400, "too long (300", workload_name="x" * 300),
    "emoji": workload(400, "a character", workload_name="party 🎉"),
    "name of space": workload(400, "workload_name", workload_name="   "),
    "name of a device": workload(400, "device", workload_name="con"),
    "name of a device in other digits": workload(400, "device", workload_name="COM\xb9"),
    "more tags than anybody has": workload(400, "at most 64", tags=[f"t{n}" for n in range(65)]),
    "name is a list": workload(400, "workload_name must be a string", workload_name=["a"]),
    "name taken": workload(409, "choose another", workload_name="taken"),
    "name like one that is taken": workload(409, "choose another", workload_name="TAKEN"),
    "bad tag": workload(400, "tag", tags="g p u"),
    "tags are a number": workload(400, "tags must be", tags=3),
    "JSON cut off": raw("/workloads", 400, "no JSON", data=b'{"filter":', content_type=JSON),
    "JSON list": raw("/workloads", 400, "must be an object", data=b"[1]", content_type=JSON),
    "JSON with a name twice": raw(
        "/workloads", 400, "more than once", data=b'{"filter":"blur","filter":"blur"}', content_type=JSON
    ),
    "JSON nested without end": raw("/workloads", 400, "no JSON", data=b'{"a":' * 5000, content_type=JSON),
    "JSON that is no text": raw("/workloads", 400, "no JSON", data=b"\xff\xfe{", content_type=JSON),
    "form field twice": raw(
        "/workloads",
        400,
        "more than once",
        data=b"filter=blur&filter=blur",
        content_type=URLENCODED,
    ),
    "a body that is no form": raw("/workloads", 400, "no form", data=b"blur", content_type=URLENCODED),
    "a body of another kind": raw("/workloads", 400, "not understood", data=b"<a/>", content_type="text/xml"),
    "a huge body": raw("/workloads", 413, "65,536", data=b"x" * 100_000, content_type=JSON),
    "a form cut off": raw("/workloads", 400, "cut off", data=b"--B\r\nContent-Dis", content_type=FORM),
    # images
    "unknown workload": image(404, "no workload 'nothing'", workload_id="nothing"),
    "somebody else's workload": Case("/images", image(0, "").request, 404, "no workload", user="bob"),
    "no workload": image(400, "workload_id is missing", workload_id=""),
    "unknown type": image(400, "original or filtered", type="thumbnail"),
    "filtered by a user": image(403, "workers only", type="filtered"),
    "a text file called .png": image(415, "JPEG, PNG, WebP", data=b"hello, I am a text file\n" * 10),
    "a PDF": image(415, "JPEG, PNG, WebP", data=b"%PDF-1.7" + bytes(50)),
    "a truncated JPEG": image(422, "cut off", data=PHOTOGRAPH[: len(PHOTOGRAPH) // 2]),
    "only the first bytes": image(422, "", data=PHOTOGRAPH[:20]),
    "100,000 x 100,000": image(413, "megapixels", data=giant_png()),
    "an empty file": image(422, "empty", data=b""),
    "a file over the limit": image(413, f"{MAX_BYTES:,}", data=PHOTOGRAPH + bytes(MAX_BYTES)),
    "just over the limit": image(
        413, f"{MAX_BYTES:,}", data=(PHOTOGRAPH + bytes(MAX_BYTES))[: MAX_BYTES + 1]
    ),
    "no file": raw(
        "/images", 400, "no file", data={"workload_id": "{id}"}, content_type="multipart/form-data"
    ),
    "an image as a field": raw(
        "/images",
        400,
        "no file",
        data=ID + part("data", b"x") + END,
        content_type=FORM,
    ),
    "a file field of another name": raw(
        "/images",
        400,
        "'picture'",
        data=ID + part("picture", PHOTOGRAPH, "a") + END,
        content_type=FORM,
    ),
    "two files": raw(
        "/images",
        400,
        "exactly one",
        data=ID + FILE + FILE + END,
        content_type=FORM,
    ),
    "workload_id twice": raw(
        "/images",
        400,
        "more than once",
        data=ID + ID + FILE + END,
        content_type=FORM,
    ),
    "a form without its end": raw(
        "/images",
        400,
        "cut off",
        data=ID + FILE,
        content_type=FORM,
    ),
    "a form without a boundary": raw(
        "/images", 400, "oundary", data=b"x", content_type="multipart/form-data"
    ),
    "a thousand parts": raw(
        "/images",
        413,
        "parts",
        data=b"".join(part(f"f{n}", b"x") for n in range(1000)) + END,
        content_type=FORM,
    ),
    "not a form at all": raw("/images", 400, "multipart/form-data", data=b"{}", content_type=JSON),
    "no body": raw("/images", 400, "multipart/form-data"),
    "a bare image without a workload": raw(
        "/images", 400, "workload_id is missing", data=PHOTOGRAPH, content_type="image/jpeg"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_bad_input_gets_a_problem_and_leaves_nothing(api: Api, case: Case) -> None:
    existing = api.workload(workload_name="taken")["workload_id"]
    before = api.rows(), api.files()
    said = list(api.heard.said)
    answer = api.ask("POST", case.path, case.user, **case.fill(existing))
    document = answer.get_json(force=True)
    assert answer.status_code == document["status"] == case.status, document
    assert answer.mimetype == "application/problem+json"
    assert case.says in document["detail"]
    assert len(document["detail"]) > 20
    assert (api.rows(), api.files()) == before
    assert api.heard.said == said


def test_a_body_cut_off_is_malformed_and_leaves_nothing(api: Api) -> None:
    existing = api.workload()["workload_id"]
    body = part("workload_id", existing.encode()) + part("data", PHOTOGRAPH, "a.jpg")
    before = api.rows(), api.files()
    answer = api.ask(
        "POST",
        "/images",
        input_stream=io.BytesIO(body[: len(body) // 2]),
        content_type=FORM,
        headers={"Content-Length": str(len(body))},
    )
    assert answer.status_code == 400
    assert "cut off" in answer.get_json(force=True)["detail"]
    assert (api.rows(), api.files()) == before


def test_a_cut_off_form_without_a_file_makes_no_workload(api: Api) -> None:
    before = api.rows(), api.files()
    answer = api.ask(
        "POST",
        "/workloads",
        input_stream=io.BytesIO(b"filter=blur&sigma=5"),  # it was to be 50
        content_type=URLENCODED,
        environ_overrides={"CONTENT_LENGTH": "20"},
    )
    assert answer.status_code == 400
    assert "cut off" in answer.get_json(force=True)["detail"]
    assert (api.rows(), api.files()) == before


@pytest.mark.parametrize("where", ["begin", "write", "commit"])
def test_a_full_disk_is_507_and_leaves_nothing(api: Api, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    existing = api.workload()["workload_id"]
    before = api.rows(), api.files()
    begin = api.parts.store.begin

    def full(*_: Any) -> Any:
        raise StorageFull("the image store is full")

    def begin_full() -> Any:
        upload = begin()
        monkeypatch.setattr(upload, where, full)
        return upload

    monkeypatch.setattr(api.parts.store, "begin", full if where == "begin" else begin_full)
    answer = api.upload(existing, PHOTOGRAPH)
    assert answer.status_code == 507
    assert answer.headers["Retry-After"]
    assert (api.rows(), api.files()) == before


def test_a_datastore_that_is_away_is_503_and_leaves_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    existing = api.workload()["workload_id"]
    before = api.rows(), api.files()

    def away(*_: Any) -> None:
        raise NotReady("the datastore is away", 2)

    monkeypatch.setattr(api.parts.catalog, "add_original", away)
    answer = api.upload(existing, PHOTOGRAPH)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert (api.rows(), api.files()) == before


def test_a_disconnecting_client_leaves_nothing(api: Api) -> None:
    existing = api.workload()["workload_id"]
    before = api.rows(), api.files()
    body = part("workload_id", existing.encode()) + part("data", PHOTOGRAPH, "a.jpg")

    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            if self.tell():
                raise ConnectionResetError("gone")
            return super().read(1000)

    answer = api.ask(
        "POST",
        "/images",
        input_stream=Broken(body),
        content_type=FORM,
        headers={"Content-Length": str(len(body))},
    )
    assert answer.status_code == 400
    assert (api.rows(), api.files()) == before


def test_a_filter_that_fails_over_a_pictures_shape_is_named(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    existing = api.workload(filter="blur")["workload_id"]
    before = api.rows(), api.files()

    def fails(*_: object) -> None:
        raise ZeroDivisionError("a plug-in's mistake")

    monkeypatch.setattr(Blur, "shape_after", fails)
    answer = api.upload(existing, PHOTOGRAPH)
    assert answer.status_code == 422
    assert "'blur'" in answer.get_json(force=True)["detail"]
    assert "mistake" not in answer.text
    assert (api.rows(), api.files()) == before
