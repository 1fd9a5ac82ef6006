"""Where a command finds its system and its token, and the file in which logins are kept."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from command.credentials import Login, Logins, credentials_file, read_logins, write_logins
from command.talking import is_elsewhere_in_clear
from command.target import Here, choose, complete, look_around
from dpip.home import Home
from dpip.records import write_record

LOCAL = "http://127.0.0.1:4711"
ANN = Login("ann", "t0ken")


def test_logins_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    file = credentials_file({"XDG_CONFIG_HOME": str(tmp_path / "conf")})
    assert read_logins(file) == Logins()
    kept = Logins().added(LOCAL, ANN, choose=True).added("http://b", Login("bob", "x", "/ca"), choose=False)
    write_logins(file, kept)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_logins(file) == kept
    assert [other.name for other in file.parent.iterdir()] == [file.name]
    forgotten = kept.without(LOCAL)
    assert forgotten.chosen is None
    assert list(forgotten.by_url) == ["http://b"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"logins": {"u": {"odd": 1}}, "chosen": null}', '{"logins": 3}']
)
def test_a_file_that_is_no_such_file_counts_as_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.json"
    file.write_text(text)
    assert read_logins(file) == Logins()


def test_a_flag_wins_over_the_environment_over_a_login_over_the_system_here() -> None:
    logins = Logins({"http://chosen:1": ANN}, "http://chosen:1")
    here = Here(LOCAL, ("admin", "secret"), logins)
    assert choose("http://flag:1", None, {"DPIP_URL": "http://env:1"}, here).url == "http://flag:1"
    assert choose(None, None, {"DPIP_URL": "env:1/"}, here).url == "http://env:1"
    chosen = choose(None, None, {}, here)
    assert (chosen.url, chosen.token, chosen.owner) == ("http://chosen:1", "t0ken", None)
    local = choose(None, None, {}, Here(LOCAL, ("admin", "secret"), Logins()))
    assert (local.url, local.token, local.owner) == (LOCAL, "", ("admin", "secret"))
    assert choose(None, None, {}, Here(None, None, Logins())).url == "http://127.0.0.1:8080"
    ports = {"9090": 9090, "0": 8080, "99999": 8080, "x": 8080}  # 0 is any free one
    for port, used in ports.items():
        nothing_known = Here(None, None, Logins())
        assert choose(None, None, {"DPIP_PORT": port}, nothing_known).url == f"http://127.0.0.1:{used}"
    told = choose(None, None, {"DPIP_TOKEN": "mine", "DPIP_CA_FILE": "/ca.pem"}, here)
    assert (told.token, told.from_environment, told.ca) == ("mine", True, Path("/ca.pem"))


def test_the_owner_of_a_system_that_runs_here_is_known(tmp_path: Path) -> None:
    environment = {"DPIP_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    home = Home(tmp_path)
    assert look_around(environment).local_url is None
    write_record(home.run / "api.json", url=LOCAL, pid=os.getpid())
    assert look_around(environment).owner is None, "its password was chosen, and is nowhere"
    home.ensure_secret(home.first_password, "made up")
    assert look_around(environment) == Here(LOCAL, ("admin", "made up"), Logins())
    assert look_around(environment | {"DPIP_USER": "ann"}).owner == ("ann", "made up")
    write_record(home.run / "api.json", url=LOCAL, pid=2**22 + 1)
    killed = look_around(environment)
    assert (killed.local_url, killed.owner) == (LOCAL, None), "somebody else may have its port now"
    (home.run / "api.json").write_text(json.dumps({"url": 3}))
    assert look_around(environment).local_url is None


def test_urls_are_taken_as_people_write_them() -> None:
    assert complete("localhost:8080/") == "http://localhost:8080"
    assert complete("https://x") == "https://x"
    assert is_elsewhere_in_clear("http://10.0.0.1:8080")
    assert not is_elsewhere_in_clear("http://127.0.0.1:8080")
    assert not is_elsewhere_in_clear("https://10.0.0.1:8080")
