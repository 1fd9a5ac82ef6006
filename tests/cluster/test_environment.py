from __future__ import annotations

import os
import ssl
import stat
import subprocess
import sys
from pathlib import Path

from cluster.environment import Credentials, credentials, ray_environment
from dpip.home import Home, write_secret


def test_the_token_file_is_its_owners_alone_and_changes_whole(tmp_path: Path) -> None:
    file = write_secret(tmp_path / "secrets" / "ray_token", "first")
    assert file.read_text() == "first"
    before = file.stat().st_ino
    assert write_secret(file, "first").stat().st_ino == before, "it was written again without need"
    assert write_secret(file, "second").read_text() == "second"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in file.parent.iterdir()] == ["ray_token"]


def test_ray_processes_must_show_the_token(tmp_path: Path) -> None:
    environment = ray_environment(Credentials(tmp_path / "token"))
    assert environment["RAY_AUTH_MODE"] == "token"
    assert environment["RAY_AUTH_TOKEN_PATH"] == str(tmp_path / "token")


def test_between_machines_ray_speaks_tls_with_a_certificate_of_this_machine(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert ray_environment(credentials(home, "join", "ray", encrypted=False))["RAY_USE_TLS"] == "0"
    shown = credentials(home, "join", "ray", encrypted=True)
    environment = ray_environment(shown)
    assert environment["RAY_USE_TLS"] == "1"
    assert environment["RAY_TLS_SERVER_CERT"] == environment["RAY_TLS_SERVER_KEY"] == str(shown.certificate)
    assert stat.S_IMODE(home.ray_certificate.stat().st_mode) == 0o600
    ssl.create_default_context(cafile=environment["RAY_TLS_CA_CERT"]).load_cert_chain(home.ray_certificate)


def test_another_clusters_settings_are_dropped_and_late_preparation_is_refused(tmp_path: Path) -> None:
    """In a process of its own: this one has been prepared already."""
    code = f"""
import os, pathlib, sys
from cluster.environment import Credentials, prepare_for_ray
prepare_for_ray(Credentials(pathlib.Path({str(tmp_path)!r}) / "token"))
assert "RAY_ADDRESS" not in os.environ and os.environ["RAY_AUTH_MODE"] == "token"
sys.modules["ray"] = sys  # as if it had been imported
prepare_for_ray(Credentials(pathlib.Path({str(tmp_path)!r}) / "token"))
try:
    prepare_for_ray(Credentials(pathlib.Path({str(tmp_path)!r}) / "other"))
except RuntimeError as error:
    print("refused:", error)
"""
    environment = os.environ | {"RAY_ADDRESS": "192.0.2.1:6379", "RAY_AUTH_MODE": "disabled"}
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("refused:")
