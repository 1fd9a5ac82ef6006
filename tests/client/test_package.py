"""The client as a package of its own: what its wheel holds."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import dpip_client
from dpip_client import Options

CLIENT = Path(__file__).resolve().parents[2] / "client"


def test_its_wheel_holds_it_whole_and_nothing_else(tmp_path: Path) -> None:
    build = "import sys, hatchling.build; print(hatchling.build.build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=CLIENT, capture_output=True, text=True, check=True
    )
    with zipfile.ZipFile(tmp_path / built.stdout.strip().splitlines()[-1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        [metadata] = [name for name in wheel.namelist() if name.endswith("/METADATA")]
        told = wheel.read(metadata).decode()
    assert names == {
        f"dpip_client/{file.name}" for file in (CLIENT / "dpip_client").iterdir() if file.is_file()
    }
    assert "dpip_client/py.typed" in names
    assert [line for line in told.splitlines() if line.startswith("Requires-Dist")] == [
        "Requires-Dist: httpx>=0.28"
    ]
    assert f"Version: {dpip_client.__version__}" in told


def test_the_authority_of_a_system_on_this_machine_is_trusted_for_its_own_url(tmp_path: Path) -> None:
    for name, text in (
        ("tls/ca.pem", "PEM"),
        ("run/api.json", '{"url": "https://127.0.0.1:8443", "pid": 1}'),
    ):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    given = {"DPIP_HOME": str(tmp_path), "DPIP_URL": "https://127.0.0.1:8443/"}
    assert Options.from_environment(given).ca == tmp_path / "tls" / "ca.pem"
    assert Options.from_environment(given | {"DPIP_CA_FILE": "other.pem"}).ca == Path("other.pem")
    assert Options.from_environment(given | {"DPIP_URL": "https://elsewhere:8443"}).ca is None
    assert Options.from_environment(given | {"DPIP_HOME": str(tmp_path / "none")}).ca is None
