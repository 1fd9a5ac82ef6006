"""The API as a process: real sockets, real curl, real signals. Nobody is on the bus."""

from __future__ import annotations

import hashlib
import json
import os
import re
import select
import shutil
import signal
import socket
import sqlite3
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from dpip.authority import Authority
from dpip.certificates import API_DAYS, ensure_certificate
from tests.api.processes import ROOT, ApiProcess, answer, running, until, upload_request
from tests.pictures import encode, photograph

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")

HOST = "Host: x\r\n"
PNG = encode(photograph(7, 1.2), "png")  # more than 1 MB: curl asks before it sends it
JPEG = encode(photograph(1, 0.06), "jpeg")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    with running(tmp_path_factory.mktemp("home"), DPIP_MAX_UPLOAD_BYTES="3000000") as process:
        yield process


@pytest.fixture(scope="module")
def token(api: ApiProcess) -> str:
    return api.login()


@pytest.fixture
def workload(api: ApiProcess, token: str) -> str:
    return str(api.json("/workloads", "--request", "POST", token=token)["workload_id"])


def image_files(home: Path) -> list[Path]:
    return [file for file in (home / "images").rglob("*") if file.is_file()]


def images_of(api: ApiProcess, token: str, workload: str) -> list[str]:
    listed = api.json(f"/workloads/{workload}/images", token=token)["images"]
    return [image["image_id"] for image in listed]


def test_the_missions_session_with_curl(api: ApiProcess, token: str, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(PNG)
    made = api.json("/workloads", "--form", "filter=blur", "--form", "workload_name=mission", token=token)
    assert made["filter"] == "blur"
    form = (
        "--form",
        f"data=@{picture}",
        "--form",
        f"workload_id={made['workload_id']}",
        "--form",
        "type=orginal",
    )
    verbose = api.curl("/images", "--verbose", *form, token=token)
    assert "< HTTP/1.1 100 Continue" in verbose.stderr
    image = json.loads(verbose.stdout)["image_id"]
    ignored = ("--request", "GET", "--form", "workload_id=x", "--form", "type=filtered")
    subprocess.run(
        [
            "curl", "--silent", "--fail", "--remote-name", "--remote-header-name", *ignored,
            "--header", f"Authorization: Bearer {token}", f"{api.url}/images/{image}",
        ],
        cwd=tmp_path, check=True,
    )  # fmt: skip
    assert (tmp_path / f"{image}.png").read_bytes() == PNG
    assert api.json("/status", token=token)["active_workloads"][0]["running_jobs"] == 1


def test_one_connection_serves_many_requests_whatever_lies_in_their_bodies(
    api: ApiProcess, token: str, workload: str
) -> None:
    bearer = f"Host: x\r\nAuthorization: Bearer {token}\r\n"
    chunks = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    ignored = b"x" * 300_000
    head, body = upload_request(token, workload, JPEG)
    refused_head, refused_body = upload_request("dead", workload, JPEG)
    with api.connect() as sock:
        for request, status in (
            (
                f"GET /status HTTP/1.1\r\n{bearer}Content-Length: {len(ignored)}\r\n\r\n".encode() + ignored,
                200,
            ),
            (
                f"POST /nowhere HTTP/1.1\r\n{bearer}Content-Length: {len(ignored)}\r\n\r\n".encode()
                + ignored,
                404,
            ),
            (refused_head + refused_body, 401),
            (
                f"GET /workers HTTP/1.1\r\n{bearer}{chunks}".encode(),
                200,
            ),
            (head + body, 201),
            (head + body, 201),
        ):
            sock.sendall(request)
            assert answer(sock)[0] == status, request[:40]
    assert len(images_of(api, token, workload)) == 2


def test_a_body_cut_off_half_way_leaves_nothing(api: ApiProcess, token: str, workload: str) -> None:
    before = image_files(api.home)
    head, body = upload_request(token, workload, PNG)
    with api.connect() as sock:
        sock.sendall(head + body[: len(body) // 2])
        until(lambda: len(image_files(api.home)) > len(before))  # it streams: half of it is there
        sock.shutdown(socket.SHUT_WR)
        status, said = answer(sock)
    assert status == 400
    assert "cut off" in json.loads(said)["detail"]
    until(lambda: image_files(api.home) == before)
    with api.connect() as sock:
        sock.sendall(head + body[: len(body) // 2])
        until(lambda: len(image_files(api.home)) > len(before))
    until(lambda: image_files(api.home) == before)
    assert images_of(api, token, workload) == []


def test_chunked_uploads(api: ApiProcess, token: str, workload: str) -> None:
    head, body = upload_request(token, workload, JPEG)
    chunked = re.sub(rb"Content-Length: \d+", b"Transfer-Encoding: chunked", head)
    pieces = b"".join(
        f"{len(body[i : i + 7000]):x}\r\n".encode() + body[i : i + 7000] + b"\r\n"
        for i in range(0, len(body), 7000)
    )
    with api.connect() as sock:
        sock.sendall(chunked + pieces + b"0\r\n\r\n")
        assert answer(sock)[0] == 201
    with api.connect() as sock:
        sock.sendall(chunked + pieces[: len(pieces) // 2])
        sock.shutdown(socket.SHUT_WR)
        assert answer(sock)[0] == 400
    bare = chunked.replace(b"multipart/form-data; boundary=B", b"image/jpeg").replace(
        b"/images", f"/images?workload_id={workload}".encode()
    )
    with api.connect() as sock:
        sock.sendall(bare + pieces + b"0\r\n\r\n")
        status, said = answer(sock)
    assert status == 400
    assert "Content-Length" in json.loads(said)["detail"]
    assert len(images_of(api, token, workload)) == 1


def test_too_large_a_body_is_refused_before_it_is_sent(api: ApiProcess, token: str, workload: str) -> None:
    head, _ = upload_request(token, workload, bytes(4_000_000), "Expect: 100-continue")
    with api.connect() as sock:
        sock.sendall(head)
        status, said = answer(sock)
    assert status == 413
    assert "3,000,000" in json.loads(said)["detail"]


def test_a_client_that_sends_without_asking_still_reads_its_413(
    api: ApiProcess, token: str, workload: str
) -> None:
    head, body = upload_request(token, workload, bytes(20_000_000))
    with api.connect() as sock:
        sock.sendall(head + body)
        assert answer(sock)[0] == 413


def test_slow_clients_keep_nobody_waiting(api: ApiProcess, token: str, workload: str) -> None:
    head, body = upload_request(token, workload, JPEG)
    refused, _ = upload_request("dead", workload, JPEG)
    slow = [api.connect() for _ in range(100)]
    try:
        for number, sock in enumerate(slow):
            sock.sendall(head[:30] if number % 2 else refused + body[:10])
        with api.connect() as sock:
            sock.sendall(head + body)
            assert answer(sock)[0] == 201
    finally:
        for sock in slow:
            sock.close()


@pytest.mark.parametrize("what", ["uploads", "forms", "downloads"])
def test_clients_that_stop_half_way_keep_nobody_waiting(
    api: ApiProcess, token: str, workload: str, what: str
) -> None:
    head, body = upload_request(token, workload, PNG)
    with api.connect() as sock:
        sock.sendall(head + body)
        image_id = json.loads(answer(sock)[1])["image_id"]
    bearer = f"Authorization: Bearer {token}\r\n"
    requests = {
        "uploads": head + body[:1000],
        "forms": head.replace(b"/images", b"/workloads", 1).replace(b"multipart", b"application", 1) + b"{",
        "downloads": f"GET /images/{image_id} HTTP/1.1\r\n{HOST}{bearer}\r\n".encode(),
    }
    if what == "forms":
        length = f"Content-Length: {len(body)}".encode()
        requests["forms"] = requests["forms"].replace(length, b"Content-Length: 1000")
    stopped = [api.connect() for _ in range(150)]
    try:
        for sock in stopped:
            sock.sendall(requests[what])
        # More of them than may hold a turn, wait for one, and be read to their end: the others are told.
        until(lambda: sum(map(_readable, stopped)) >= (20 if what != "downloads" else 100))
        assert api.json("/status", "--max-time", "5", token=token)["system_name"]
    finally:
        for sock in stopped:
            sock.close()
    until(lambda: _uploaded(api, token, workload))


def _readable(sock: socket.socket) -> bool:
    return bool(select.select([sock], [], [], 0)[0])


def _uploaded(api: ApiProcess, token: str, workload: str) -> bool:
    with api.connect() as sock:
        sock.sendall(b"".join(upload_request(token, workload, JPEG)))
        return answer(sock)[0] == 201


def test_every_kind_of_download_gives_its_turn_back(api: ApiProcess, token: str, workload: str) -> None:
    with api.connect() as sock:
        sock.sendall(b"".join(upload_request(token, workload, JPEG)))
        image_id = json.loads(answer(sock)[1])["image_id"]
    head = f"/images/{image_id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    kinds = {
        "GET {}": b"200",
        "HEAD {}": b"200",
        "GET {}If-None-Match: *\r\n": b"304",
        "GET {}Range: bytes=5-9\r\n": b"206",
        "GET {}Range: bytes=9999999-\r\n": b"416",
    }
    for request, status in kinds.items():
        for _ in range(40):
            with api.connect() as sock:
                sock.sendall((request.format(head) + "\r\n").encode())
                assert sock.recv(65536).startswith(b"HTTP/1.1 " + status)
    with api.connect() as sock:
        sock.sendall(f"GET {head}\r\n".encode())
        assert answer(sock) == (200, JPEG)


def test_connections_are_watched_so_that_a_vanished_client_holds_no_thread_for_ever(api: ApiProcess) -> None:
    with api.connect() as sock:
        sock.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(sock)[0] == 200
        if shutil.which("ss") is None:
            pytest.skip("needs ss of iproute2 to see the server's end of a connection")
        port = sock.getsockname()[1]
        shown = subprocess.run(
            ["ss", "-tno", f"sport = :{api.port} and dport = :{port}"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert "timer:(keepalive" in shown.stdout


def test_downloads_leave_no_file_open(api: ApiProcess, token: str, workload: str) -> None:
    head, body = upload_request(token, workload, PNG)
    with api.connect() as sock:
        sock.sendall(head + body)
        image = json.loads(answer(sock)[1])["image_id"]
    get = f"GET /images/{image} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    with api.connect() as sock:
        for _ in range(5):
            sock.sendall(f"{get}\r\n".encode())
            assert hashlib.sha256(answer(sock)[1]).digest() == hashlib.sha256(PNG).digest()
    with api.connect() as sock:  # one that leaves in the middle
        sock.sendall(f"{get}\r\n".encode())
        sock.recv(1000)
    (server,) = api.children()
    until(lambda: not [file for file in server.open_files() if "/images/" in file.path])


def test_only_the_owner_can_read_what_lies_there(api: ApiProcess) -> None:
    for file in (api.home / "secrets").iterdir():
        assert file.stat().st_mode & 0o077 == 0
    assert not (api.home / "secrets" / "first_password").exists()  # one was given


def test_a_first_password_is_made_up_and_kept_private(tmp_path: Path) -> None:
    with running(tmp_path, DPIP_PASSWORD="", DPIP_USER="root") as api:
        file = tmp_path / "secrets" / "first_password"
        assert file.stat().st_mode & 0o777 == 0o600
        password = file.read_text().strip()
        assert len(password) >= 20
        assert "token" in api.json("/login", "--user", f"root:{password}", "--request", "POST")
        assert api.stop() == 0
    with running(tmp_path, DPIP_PASSWORD="another") as api:  # there is a user already
        assert "token" in api.json("/login", "--user", f"root:{password}", "--request", "POST")


def test_the_first_signal_drains_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with running(tmp_path) as api:
        token = api.login()
        workload = api.json("/workloads", "--request", "POST", token=token)["workload_id"]
        head, body = upload_request(token, workload, PNG)
        children = api.children()
        with api.connect() as sock:
            sock.sendall(head + body[:-1000])
            until(lambda: image_files(api.home) != [])
            api.curl("/status")
            api.process.send_signal(signal.SIGTERM)
            until(lambda: not accepts(api))
            sock.sendall(body[-1000:])
            assert answer(sock)[0] == 201
        assert api.process.wait(20) == 0
        assert not api.record.exists()
        assert not [child for child in children if child.is_running()]
        (file,) = image_files(api.home)
        assert file.read_bytes() == PNG
        with closing(sqlite3.connect(api.home / "dpip.sqlite3")) as connection:
            told = connection.execute("SELECT target FROM audit WHERE action = 'refused'").fetchall()
        assert told == [("GET /status",)], "what waits to be written is written at the end"


def accepts(api: ApiProcess) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", api.port), timeout=0.2) as sock:
            sock.settimeout(0.2)
            sock.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            return answer(sock)[0] == 200
    except OSError:
        return False


def test_the_second_signal_kills(tmp_path: Path) -> None:
    with running(tmp_path) as api:
        token = api.login()
        workload = api.json("/workloads", "--request", "POST", token=token)["workload_id"]
        head, body = upload_request(token, workload, PNG)
        children = api.children()
        with api.connect() as sock:
            sock.sendall(head + body[:-1000])
            until(lambda: image_files(api.home) != [])
            api.curl("/status")
            api.process.send_signal(signal.SIGTERM)
            until(lambda: not accepts(api))
            api.process.send_signal(signal.SIGTERM)
            assert api.process.wait(5) == 130
        psutil.wait_procs(children, 5)
        assert not [child for child in children if child.is_running()]


def test_what_was_answered_201_survives_sigkill_and_the_api_starts_again(tmp_path: Path) -> None:
    with running(tmp_path) as api:
        token = api.login()
        workload = api.json("/workloads", "--request", "POST", token=token)["workload_id"]
        head, body = upload_request(token, workload, JPEG)
        with api.connect() as sock:
            sock.sendall(head + body)
            assert answer(sock)[0] == 201
        port, children = api.port, api.children()
        api.process.kill()
        psutil.wait_procs(children, 10)
        assert not [child for child in children if child.is_running()]
    with running(tmp_path, DPIP_PORT=str(port)) as api:
        (image,) = images_of(api, token, workload)
        back = api.curl(f"/images/{image}", "--output", str(tmp_path / "back.jpg"), token=token)
        assert back.returncode == 0
        assert (tmp_path / "back.jpg").read_bytes() == JPEG


def test_a_serving_process_that_dies_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path) as api:
        (before,) = api.children()
        before.kill()
        until(lambda: accepts(api) and api.children() != [before])
        assert api.json("/health/live")["status"] == "alive"


def test_several_processes_share_the_port(tmp_path: Path) -> None:
    with running(tmp_path, DPIP_PROCESSES="2") as api:
        until(lambda: len(api.children()) == 2)
        token = api.login()
        for _ in range(10):
            assert api.json("/status", token=token)["system_name"]
        assert api.stop() == 0


def test_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    home = tmp_path / "home"
    with running(home, DPIP_TLS_KEY=str(key), DPIP_TLS_CERT=str(certificate)) as api:
        assert api.url.startswith("https://")
        assert api.json("/health/live", "--cacert", str(certificate))["status"] == "alive"
        asked = ("--cacert", str(certificate), "--include", "--header", "Host: pictures.example")
        assert "strict-transport-security: max-age=" in api.curl("/health/live", *asked).stdout.lower()


def test_beyond_loopback_the_api_makes_itself_a_certificate(tmp_path: Path) -> None:
    with running(tmp_path, DPIP_HOST="0.0.0.0") as api:
        assert api.url.startswith("https://127.0.0.1:")
        authority = tmp_path / "tls" / "ca.pem"
        assert api.json("/health/live", "--cacert", str(authority))["status"] == "alive"
        with pytest.raises(subprocess.CalledProcessError, match="60"):  # nobody else vouches for it
            api.curl("/health/live")
        plain = api.url.replace("https", "http", 1)
        assert subprocess.run(["curl", "-s", plain], check=False).returncode != 0
    kept = tmp_path / "secrets" / "api.pem"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    before = kept.read_text()
    with running(tmp_path, DPIP_HOST="0.0.0.0"):
        assert kept.read_text() == before, "it is kept while it is good"


def test_a_certificate_that_was_replaced_is_taken_up_at_sighup(tmp_path: Path) -> None:
    with running(tmp_path, DPIP_TLS="on") as api:
        first = ssl.get_server_certificate(("127.0.0.1", api.port))
        (tmp_path / "secrets" / "api.pem").unlink()
        token = (tmp_path / "secrets" / "join_token").read_text()
        assert ensure_certificate(tmp_path / "secrets" / "api.pem", Authority(token), ["127.0.0.1"], API_DAYS)
        api.process.send_signal(signal.SIGHUP)
        until(lambda: ssl.get_server_certificate(("127.0.0.1", api.port), timeout=20) != first)


def test_where_the_api_is_stands_in_the_datastore(tmp_path: Path) -> None:
    with (
        running(tmp_path, DPIP_ADVERTISE_URL="http://elsewhere:1234"),
        closing(sqlite3.connect(tmp_path / "dpip.sqlite3")) as connection,
    ):
        assert connection.execute("SELECT url FROM endpoints").fetchone() == ("http://elsewhere:1234",)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"DPIP_HOST": "0.0.0.0", "DPIP_TLS": "off"}, "--allow-plaintext"),
        ({"DPIP_TLS_CERT": "/no/such", "DPIP_TLS_KEY": "/no/such"}, "cannot read /no/such"),
        ({"DPIP_HOST": "no.such.host.invalid", "DPIP_ALLOW_PLAINTEXT": "true"}, "no such host"),
        ({"DPIP_PORT": "99999"}, "DPIP_PORT"),
        ({"DPIP_TLS_CERT": "/x"}, "DPIP_TLS_KEY"),
        ({"DPIP_UPLOADS_AT_ONCE": "384"}, "380"),
        ({"DPIP_IMAGE_STORE": "ftp://x"}, "ftp"),
        ({"DPIP_DATABASE_URL": "mysql://x"}, "mysql"),
    ],
)
def test_settings_that_cannot_work_are_told(tmp_path: Path, environment: dict[str, str], says: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "api"],
        cwd=ROOT,
        env={**os.environ, "DPIP_HOME": str(tmp_path), "DPIP_PORT": "0", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_in_use_is_told(tmp_path: Path, api: ApiProcess) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "api", "--port", str(api.port)],
        cwd=ROOT,
        env={**os.environ, "DPIP_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2
    assert "in use" in result.stderr
