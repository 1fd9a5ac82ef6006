"""Every subcommand's help, mistakes in one line, completion, and what is told where nothing runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from command.main import SUBCOMMANDS

ROOT = Path(__file__).resolve().parents[2]


def dpip(*arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "command", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COLUMNS": "80", **environment},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_help_fits_a_terminal_and_says_what_it_does(name: str) -> None:
    shown = dpip(name, "--help")
    assert shown.returncode == 0
    assert shown.stdout.startswith(f"usage: dpip {name}")
    words = [line for line in shown.stdout.splitlines() if not line.startswith("    dpip")]
    assert not [line for line in words if len(line) > 80]
    assert not re.search(rf"dpip {name}.* dpip {name}", shown.stdout), "an example on a line of its own"
    assert re.search(r"^[A-Z][^:]+\.", shown.stdout, re.MULTILINE)


def test_help_comes_at_once_and_groups_what_there_is() -> None:
    began = time.monotonic()
    shown = dpip("--help").stdout
    assert time.monotonic() - began < 3.0, "a starved machine; 0.13 s on a free one"
    assert not [name for name in SUBCOMMANDS if not re.search(rf"^  {name} ", shown, re.MULTILINE)]
    assert shown.index("Filter pictures:") < shown.index("Run the system:") < shown.index("options:")
    assert dpip().returncode == 2
    assert dpip().stderr == shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "dpip: no such command 'rnu'. Did you mean 'run'? See: dpip --help"),
        (["run"], "dpip run: missing argument 'PATH...'"),
        (["run", "--flter", "x", "."], "no such option: --flter"),
        (["status", "one", "two"], "dpip status: got unexpected extra argument"),
        (["run", "/no/such/place"], "dpip: there is no /no/such/place"),
        (["completion"], "missing argument 'bash|zsh|fish'"),
        (["completion", "tcsh"], "'bash|zsh|fish': 'tcsh' is not one of 'bash', 'zsh', 'fish'"),
        (["run", "holiday.mov"], "dpip: there is no holiday.mov"),
        (["login"], "nobody is there to ask for the password"),
    ],
)
def test_mistakes_are_told_in_one_line_and_end_with_2(arguments: list[str], said: str) -> None:
    shown = dpip(*arguments)
    assert shown.returncode == 2
    assert shown.stdout == ""
    (line,) = shown.stderr.splitlines()
    assert said in line


@pytest.mark.parametrize("arguments", [["status"], ["workers"], ["workloads"], ["cancel", "x"], ["filters"]])
def test_where_nothing_runs_that_is_said_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    shown = dpip(*arguments, DPIP_URL="http://127.0.0.1:1", DPIP_TOKEN="x")
    assert (shown.returncode, shown.stdout) == (4, "")
    (line,) = shown.stderr.splitlines()
    assert "http://127.0.0.1:1 does not answer" in line
    assert "dpip up" in line


def test_doctor_works_where_nothing_runs(tmp_path: Path) -> None:
    secrets = tmp_path / "home" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "join_token").write_text("x")
    (secrets / "join_token").chmod(0o644)
    environment = {"DPIP_HOME": str(tmp_path / "home"), "DPIP_URL": "http://127.0.0.1:1", "DPIP_TOKEN": "x"}
    shown = dpip("doctor", "--json", **environment)
    found = {one["what"]: one for one in json.loads(shown.stdout)}
    assert shown.returncode == 1, "a secret that others can read is bad"
    assert found["secrets"]["verdict"] == "bad"
    assert found["secrets"]["mend"] == f"chmod 600 {secrets / 'join_token'}"
    assert found["system"]["verdict"] == "warn"
    assert found["Python"]["verdict"] == found["disk"]["verdict"] == "ok"
    (secrets / "join_token").chmod(0o600)
    plain = dpip("doctor", **environment)
    assert plain.returncode == 0
    assert "to mend: start it: make run" in plain.stdout


def test_doctor_names_what_stands_in_the_way_of_a_start(tmp_path: Path) -> None:
    """And never ends with a traceback itself."""

    def bad(home: Path, **environment: str) -> dict[str, str]:
        environment = {
            "DPIP_HOME": str(home),
            "DPIP_URL": "http://127.0.0.1:1",
            "DPIP_TOKEN": "x",
        } | environment
        shown = dpip("doctor", "--json", **environment)
        assert shown.returncode == 1, shown.stderr
        return {one["what"]: one["told"] for one in json.loads(shown.stdout) if one["verdict"] == "bad"}

    file = tmp_path / "file"
    file.touch()
    assert bad(file) == {"home": f"{file} is no folder"}
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "dpip.sqlite3").write_bytes(b"x" * 5000)
    found = bad(broken, DPIP_PORT="abc", DPIP_CONTROLLER="nonsense")
    assert "is no SQLite database" in found["database"]
    assert "'nonsense' is not an address" in found["settings"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_and_completes(shell: str) -> None:
    assert "_DPIP_COMPLETE" in dpip("completion", shell).stdout
    for typed, offered in (
        ("work", ["workers", "workloads"]),
        ("run --filter sep", ["sepia"]),
        ("video a.mp4 -f blur|unsh", ["blur|unsharp_mask"]),
        ("filters bl", ["blur"]),
        ("watch l", ["last"]),
        ("completion z", ["zsh"]),
    ):
        words = f"dpip {typed}"
        asked = {
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
            "_TYPER_COMPLETE_ARGS": words,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        }
        shown = dpip(_DPIP_COMPLETE=f"complete_{shell}", **asked).stdout
        assert all(word in shown for word in offered), typed
