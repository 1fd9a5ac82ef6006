"""Bodies in chunks that end before they are whole, over real sockets: none is taken for complete."""

from __future__ import annotations

import io
import shutil
import socket
import tarfile
from collections.abc import Iterator

import pytest

from tests.api.processes import ApiProcess, answer, running
from tests.pictures import encode, photograph

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    with running(tmp_path_factory.mktemp("home")) as process:
        yield process


@pytest.fixture(scope="module")
def token(api: ApiProcess) -> str:
    return api.login()


def in_chunks(
    api: ApiProcess, token: str, path: str, media_type: str, body: bytes, *, whole: bool
) -> tuple[int, bytes]:
    """The answer to a body whose last chunk comes, or never comes because the client goes away."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {media_type}\r\n"
    )
    with api.connect() as connection:
        chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n" if body else b""
        last = b"0\r\n\r\n" if whole else b""
        connection.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + last)
        if not whole:
            connection.shutdown(socket.SHUT_WR)
        return answer(connection)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b'{"filter": "blur", "workload_name": "never'),
        ("application/json", b""),
        ("application/x-www-form-urlencoded", b"filter=blur&sigma=1"),
        ("application/x-www-form-urlencoded", b""),
        (
            "multipart/form-data; boundary=B",
            b'--B\r\nContent-Disposition: form-data; name="filter"\r\n\r\nblur',
        ),
    ],
)
def test_no_workload_is_made_of_a_part(api: ApiProcess, token: str, media_type: str, body: bytes) -> None:
    status, problem = in_chunks(api, token, "/workloads", media_type, body, whole=False)
    assert status == 400, problem
    assert api.json("/workloads", token=token)["workloads"] == []


def tar(end: bool) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        picture = encode(photograph(1, 0.02), "jpeg")
        for name in ("a.jpg", "b.jpg"):
            entry = tarfile.TarInfo(name)
            entry.size = len(picture)
            archive.addfile(entry, io.BytesIO(picture))
        if not end:
            return stream.getvalue()
    return stream.getvalue()


def test_a_tar_in_chunks_must_have_its_end(api: ApiProcess, token: str) -> None:
    workload_id = api.json("/workloads", "--request", "POST", token=token)["workload_id"]
    path = f"/workloads/{workload_id}/images"
    status, problem = in_chunks(api, token, path, "application/x-tar", tar(end=False), whole=False)
    assert status == 400, problem
    assert b"cut off" in problem
    assert api.json(f"/workloads/{workload_id}", token=token)["total"] == 0
    status, _ = in_chunks(api, token, path, "application/x-tar", tar(end=True), whole=True)
    assert status == 201
    assert api.json(f"/workloads/{workload_id}", token=token)["total"] == 2
    api.json(f"/workloads/{workload_id}", "--request", "DELETE", token=token)
