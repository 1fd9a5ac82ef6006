"""Log lines: what somebody else said stays one value of one event, and steers no terminal."""

from __future__ import annotations

import json
import logging

import pytest

from dpip.logs import about, fields, formatter

FORGED = "12:00:00.000 api        info    login user=admin"
ENDS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


@pytest.fixture(autouse=True)
def _nothing_before() -> None:
    """Other tests' requests are told of on this thread, too."""
    about()


def record(message: str, *, raising: str | None = None, **said: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": message, "levelname": "INFO", **fields(**said)})
    if raising is not None:
        made.exc_info = (ValueError, ValueError(raising), None)
    return made


@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_nobody_forges_an_event(end: str) -> None:
    said = f"holiday{end}{FORGED}"
    [line] = formatter("api", "text").format(record(said, name=said)).splitlines()
    assert line.count(FORGED) == 2
    told = formatter("api", "text").format(record("broken", raising=said))
    first, *others = told.splitlines()
    assert first.endswith("broken")
    assert any(FORGED in one for one in others)
    assert all(one.startswith("  ") for one in others), "of the event above"
    [line] = formatter("api", "json").format(record(said, raising=said, name=said)).splitlines()
    assert (json.loads(line)["event"], json.loads(line)["name"]) == (said, said)


def test_a_terminal_is_not_steered_and_words_of_all_languages_stay() -> None:
    said = formatter("api", "text").format(
        record("x", name="\x1b]0;owned\x07", file="Größe 画像.jpg", odd="\ud800")
    )
    assert said.endswith(r"x name=\x1b]0;owned\x07 file=Größe 画像.jpg odd=\ud800")
