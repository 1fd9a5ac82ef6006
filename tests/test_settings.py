"""How every component's settings read as flags: their help, and what is said of wrong ones."""

from __future__ import annotations

import pytest

from api.config import ApiSettings
from cluster.config import HeadSettings
from command.config import UpSettings
from controller.config import ControllerSettings
from dpip.settings import Common, load
from scheduler.config import SchedulerSettings
from worker.config import WorkerSettings

EVERY = (ApiSettings, ControllerSettings, HeadSettings, SchedulerSettings, UpSettings, WorkerSettings)


def told(capsys: pytest.CaptureFixture[str], *arguments: str, settings: type[Common] = UpSettings) -> str:
    with pytest.raises(SystemExit) as stopped:
        load(settings, "dpip up", arguments)
    assert stopped.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("settings", EVERY)
def test_help_is_for_people(
    settings: type[Common], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    with pytest.raises(SystemExit) as stopped:
        load(settings, "python -m it", ["--help"])
    assert not stopped.value.code
    shown = capsys.readouterr().out
    assert all(len(line) <= 100 for line in shown.splitlines())
    assert not any(word in shown for word in ("null", "factory", "(default: )", "==SUPPRESS=="))
    for name, field in settings.model_fields.items():
        flag = "--[no-]" if field.annotation is bool else "--"
        if field.description and "==SUPPRESS==" not in field.metadata:
            assert f"  {flag}{name.replace('_', '-')}" in shown
    assert shown.index("settings:") < shown.index("settings of every component:") < shown.index("--home")
    assert "DPIP_JOIN_TOKEN" in shown
    assert "--join-token" not in shown


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--prot", "9000"], "there is no --prot; did you mean --port?"),
        (["--prot=9000"], "there is no --prot; did you mean --port?"),
        (["--zzz"], "there is no --zzz"),
        (["9000"], "'9000' is out of place: settings are given as --name value"),
        (["--port"], "--port: expected one argument"),
        (["--port", "abc"], "--port: must be a whole number (got 'abc')"),
        (["--drain-s", "long"], "--drain-s: must be a number (got 'long')"),
        (["--port", "-1"], "--port: must be greater than or equal to 0 (got '-1')"),
        (["--tls-cert", "cert.pem"], "--tls-cert and --tls-key go together: give both or none"),
        (["--join-token", "x"], "there is no --join-token, as everybody can read it: set DPIP_JOIN_TOKEN"),
    ],
)
def test_a_wrong_flag_is_told_in_one_line(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, *arguments).splitlines() == [
        "dpip up: these settings cannot work:",
        f"  {line}",
        "see: dpip up --help",
    ]


def test_a_wrong_variable_is_called_by_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DPIP_FLUSH", "perhaps")
    assert "  DPIP_FLUSH: must be true or false (got 'perhaps')\n" in told(capsys)


def test_settings_that_clash_are_told_without_the_secrets_beside_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DPIP_PASSWORD", "a-secret")
    monkeypatch.setenv("DPIP_DATABASE_URL", "postgresql://dpip:a-secret@db/dpip")
    message = told(capsys, "--tls-cert", "cert.pem", settings=ApiSettings)
    assert "  DPIP_TLS_CERT and DPIP_TLS_KEY go together: set both or none\n" in message
    assert "secret" not in message
