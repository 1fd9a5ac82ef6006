"""`dpip` as a command: help, version, and settings that cannot work. Nothing of it starts a component."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from command.addresses import free_ports, reachable, with_free_ports
from command.components import INSTANCE, Stage, components, instance_of
from command.config import UpSettings
from command.lock import held
from command.output import LogFile, Sieve
from command.readiness import api_ready
from command.welcome import curl_for, first_user
from dpip.errors import ConfigError
from dpip.home import Home, default_home
from dpip.settings import load


def dpip(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DPIP_")}
    return subprocess.run(
        [sys.executable, "-m", "command", *arguments],
        cwd=Path(__file__).resolve().parents[2],
        env={**plain, "COLUMNS": "120", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def settings(*arguments: str) -> UpSettings:
    return load(UpSettings, "dpip up", arguments)


def test_help_and_version_say_what_there_is() -> None:
    shown = dpip("--help")
    assert shown.returncode == 0
    assert "up" in shown.stdout
    assert dpip("--version").stdout == "dpip 0.1.0\n"


def test_help_of_up_lists_its_settings() -> None:
    shown = dpip("up", "--help")
    assert shown.returncode == 0
    for flag in (
        "--home",
        "--host",
        "--port",
        "--controller",
        "--workers",
        "--tags",
        "--[no-]allow-plaintext",
    ):
        assert flag in shown.stdout
    assert "--join-token" not in shown.stdout  # secrets are not given on a command line


def test_help_comes_without_loading_what_it_does_not_need() -> None:
    code = (
        "import sys; sys.argv = ['dpip', '--version']\n"
        "from command.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'ray', 'pydantic', 'psutil', 'sqlalchemy', 'cv2', 'flask'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).resolve().parents[2], check=True)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--port", "70000"], "--port"),
        (["--workers", "-1"], "--workers"),
        (["--controller", "nowhere"], "is not an address"),
        (["--host", "0.0.0.0", "--tls", "off"], "--allow-plaintext"),
        (["--controller", "0.0.0.0:40899", "--tls", "off"], "--allow-plaintext"),
        (["--host", "no.such.host.invalid", "--allow-plaintext"], "no such host"),
        (["--colour"], "--colour"),
        (["--port", "40900", "--controller", "127.0.0.1:40899"], "choose another with --port"),
    ],
)
def test_settings_that_cannot_work_are_told(tmp_path: Path, flags: list[str], message: str) -> None:
    result = dpip("up", "--home", str(tmp_path), *flags)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("busy", ["api", "bus", "second port of the bus"])
def test_a_port_in_use_is_told_in_one_line(tmp_path: Path, busy: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        flags = {
            "api": ["--port", str(port), "--controller", "127.0.0.1:0"],
            "bus": ["--port", "0", "--controller", f"127.0.0.1:{port}"],
            "second port of the bus": ["--port", "0", "--controller", f"127.0.0.1:{port - 1}"],
        }[busy]
        result = dpip("up", "--home", str(tmp_path), *flags)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert f"port {port} on 127.0.0.1 is in use already" in line


def test_a_second_one_on_the_same_home_says_so(tmp_path: Path) -> None:
    with held(Home(tmp_path)):
        result = dpip("up", "--home", str(tmp_path), "--port", "0", "--controller", "127.0.0.1:0")
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert f"DPIP runs in {tmp_path} already (process {os.getpid()})" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("folder", ["", "images"])
def test_a_home_that_cannot_be_written_is_told_before_anything_starts(tmp_path: Path, folder: str) -> None:
    (tmp_path / "run").mkdir()
    locked = tmp_path / folder
    locked.mkdir(exist_ok=True)
    locked.chmod(0o500)
    try:
        result = dpip("up", "--home", str(tmp_path), "--port", "0", "--controller", "127.0.0.1:0")
    finally:
        locked.chmod(0o700)
    assert result.returncode == 2
    assert result.stderr == f"dpip up: cannot write in the folder {locked}: Permission denied; see --home\n"


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with held(Home(tmp_path)):
            pass
    with (tmp_path / "run" / "up.lock").open() as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot write in the home folder"), held(Home(tmp_path / "file")):
        pass


def test_port_zero_becomes_free_ports_that_do_not_meet() -> None:
    chosen = with_free_ports(settings("--port", "0", "--controller", "127.0.0.1:0"))
    first = int(chosen.controller.rpartition(":")[2])
    assert chosen.port not in range(first, first + 3)
    for port in (chosen.port, first, first + 1, first + 2):
        socket.create_server(("127.0.0.1", port)).close()


def test_free_ports_are_in_a_row() -> None:
    first = free_ports("127.0.0.1", 3)
    for port in range(first, first + 3):
        socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "127.0.0.1:80"), ("::", "[::1]:80"), ("::1", "[::1]:80"), ("example", "example:80")],
)
def test_addresses_are_shown_as_they_are_dialled(host: str, address: str) -> None:
    assert reachable(host, 80) == address


def test_without_pyav_everything_else_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("command.components.find_spec", {"av": None}.__getitem__)
    names = [part.name for part in components(settings(), {})]
    assert names == ["controller", "ray", "scheduler", "api", "local-1"]


def test_components_get_their_settings_by_environment_and_no_secret_by_argument(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DPIP_DATABASE_URL", "postgresql://u:secret@h/d")
    monkeypatch.setenv("DPIP_JOIN_TOKEN", "very secret")
    monkeypatch.setenv("DPIP_TAGS", "from-environment")
    flags = ("--home", str(tmp_path), "--workers", "2", "--tags", "a,b", "--port", "81", "--allow-plaintext")
    parts = components(settings(*flags), {"PATH": "/bin"})
    assert [part.name for part in parts] == [
        "controller",
        "ray",
        "scheduler",
        "video",
        "api",
        "local-1",
        "local-2",
    ]
    for part in parts:
        assert "secret" not in " ".join(part.arguments)
        expected = {
            "PATH": "/bin",
            "DPIP_HOME": str(tmp_path),
            "DPIP_CONTROLLER": "localhost:40899",
            "DPIP_PORT": "81",
            "DPIP_HOST": "127.0.0.1",
            "DPIP_TAGS": "a,b",
            "DPIP_WORKERS": "2",
            "DPIP_ALLOW_PLAINTEXT": "true",
            "DPIP_RAY_ADDRESS": "wait",
            "DPIP_DATABASE_URL": "postgresql://u:secret@h/d",
            "DPIP_JOIN_TOKEN": "very secret",
        }
        assert expected.items() <= part.environment.items()
    instances = {part.environment["DPIP_INSTANCE"] for part in parts if part.stage is Stage.WORKERS}
    assert len(instances) == 2
    assert "DPIP_IMAGE_STORE" not in parts[0].environment


def test_workers_are_known_again_at_the_next_start(tmp_path: Path) -> None:
    first, again, other = Home(tmp_path / "a"), Home(tmp_path / "a"), Home(tmp_path / "b")
    assert instance_of(first) == instance_of(again) != instance_of(other)
    parts = components(settings("--workers", "2"), {INSTANCE: "this home's"})
    instances = [part.environment[INSTANCE] for part in parts if part.stage is Stage.WORKERS]
    assert instances == ["this home's-local-1", "this home's-local-2"]


def test_workers_on_one_machine_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert settings("--workers", "1").cores_each is None
    assert settings("--workers", "3").cores_each == 2
    assert settings("--workers", "20").cores_each == 1
    assert settings("--workers", "2", "--cores", "7").for_children({})["DPIP_CORES"] == "7"


def test_workers_get_the_time_to_drain_that_they_were_promised() -> None:
    (worker,) = (p for p in components(settings("--drain-s", "300"), {}) if p.stage is Stage.WORKERS)
    assert worker.environment["DPIP_DRAIN_S"] == "300.0"
    assert worker.stops_within_s > 300


class _Health(BaseHTTPRequestHandler):
    answer: ClassVar[tuple[int, bytes]]

    def do_GET(self) -> None:
        status, body = self.answer if self.path == "/health/ready" else (404, b"")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ((200, b"{}"), (True, "")),
        ((503, b'{"detail": "the datastore is away"}'), (False, "the datastore is away")),
        ((500, b"what?"), (False, "the API answers 500")),
    ],
)
def test_readiness_is_what_the_api_says(answer: tuple[int, bytes], verdict: tuple[bool, str]) -> None:
    handler = type("Health", (_Health,), {"answer": answer})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            assert api_ready(f"http://127.0.0.1:{server.server_port}") == verdict
        finally:
            server.shutdown()
            thread.join()


def test_an_api_that_does_not_answer_is_not_ready() -> None:
    assert api_ready(f"http://127.0.0.1:{free_ports('127.0.0.1', 1)}") == (
        False,
        "the API does not answer yet",
    )


def test_with_tls_curl_is_told_of_the_certificate(tmp_path: Path) -> None:
    chosen = settings("--tls-cert", str(tmp_path / "c.pem"), "--tls-key", str(tmp_path / "k.pem"))
    assert chosen.scheme == "https"
    assert chosen.for_children({})["DPIP_TLS_CERT"] == str(tmp_path / "c.pem")
    assert curl_for(chosen.tls_cert) == f"curl -s --cacert {tmp_path}/c.pem"


def test_no_ray_is_started_beside_a_cluster_that_was_named() -> None:
    parts = components(settings("--ray-address", "10.0.0.1:6379"), {})
    assert Stage.RAY not in {part.stage for part in parts}
    assert parts[0].environment["DPIP_RAY_ADDRESS"] == "10.0.0.1:6379"


def test_the_made_up_password_is_shown_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.ensure_secret(home.first_password, "s3cret")
    assert "s3cret" in first_user(home, {}, existed=False).described
    later = first_user(home, {}, existed=True)
    assert "s3cret" not in later.described + later.login_line(home)
    assert str(home.first_password) in later.described


def test_the_login_line_names_the_home_and_the_user_where_they_are_not_the_usual(tmp_path: Path) -> None:
    """That it works as pasted, `test_real_system` tests."""
    home = Home(tmp_path / "a folder")
    line = first_user(home, {"DPIP_USER": "o'neill"}, existed=True).login_line(home)
    # dpip as a shell function: says what it was given as the token.
    command = re.search(r"(\S+) login --print-token", line)
    assert command
    plain = line.replace(command[1], "dpip")
    script = f'dpip() {{ echo "$DPIP_HOME $DPIP_USER $*"; }}\n{plain}\nprintf %s "$TOKEN"'
    shown = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout == f"{home.path} o'neill login --print-token"
    usual = Home(default_home().resolve())
    assert re.fullmatch(
        r"TOKEN=\$\(\S+ login --print-token\)", first_user(usual, {}, existed=True).login_line(usual)
    )


def test_no_password_stands_in_the_login_line(tmp_path: Path) -> None:
    home = Home(tmp_path)
    user = first_user(home, {"DPIP_USER": "ann", "DPIP_PASSWORD": "hidden"}, existed=False)
    assert "hidden" not in user.described + user.login_line(home)
    home.ensure_secret(home.first_password, "s3cret")
    assert "s3cret" not in first_user(home, {}, existed=False).login_line(home)


def test_log_files_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    log = LogFile(path, limit=100)
    for number in range(50):
        log.write([f"line {number:04d}"])
    log.close()
    older = path.with_name("x.log.1")
    assert path.stat().st_size + older.stat().st_size < 250
    assert path.read_text().endswith("line 0049\n")


def test_the_sieve_lets_warnings_and_their_tracebacks_through() -> None:
    sieve = Sieve(everything=False)
    lines = [
        "noise before anything",
        "12:00:00.000 api        info    fine",
        "12:00:00.001 api        error   it broke",
        "Traceback (most recent call last):",
        '  File "x.py", line 1',
        '{"time": "t", "component": "api", "level": "info", "event": "fine again"}',
        "noise",
        '{"time": "t", "component": "api", "level": "warning", "event": "hm"}',
    ]
    shown = [text for line in lines if (text := sieve.pick(line)) is not None]
    assert shown == ["error: it broke", *lines[3:5], lines[7]]
    assert Sieve(everything=True).pick(lines[0]) == lines[0]
