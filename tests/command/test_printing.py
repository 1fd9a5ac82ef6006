"""What is printed on terminals of any width, and in pipes."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from command import printing
from command.runs.showing import doing
from command.runs.tally import Tally

COLUMNS = ["ID", "NAME", "STATUS", "FILTER"]
CELLS = [
    COLUMNS,
    ["1m8qyxrxxtvs5twmq", "silver-badger-60853", "completed", "blur|grayscale|resize|unsharp_mask"],
]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output is a terminal of 40 columns."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((40, 24)))


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (200, CELLS[1]),
        (84, [*CELLS[1][:3], "blur|grayscale|resize|unsharp_ma…"]),
        (70, [*CELLS[1][:3], "blur|grayscale|res…"]),
        (65, ["silver-badger-60853", "completed", "blur|grayscale|resize|unsharp_ma…"]),
        (50, ["silver-badger-60853", "completed", "blur|grayscale|re…"]),
        (40, ["silver-badger-60853", "completed"]),
    ],
)
def test_a_table_gives_up_what_is_needed_least(width: int, shown: list[str]) -> None:
    fitted = printing.fitting(CELLS, width, "FILTER", ("ID", "FILTER"))
    assert fitted[1] == shown
    assert sum(map(len, shown)) + 2 * (len(shown) - 1) <= width


def test_a_table_that_cannot_be_narrow_enough_stays_whole() -> None:
    assert printing.fitting(CELLS, 10, "", ()) == CELLS


@pytest.mark.usefixtures("narrow")
def test_long_words_go_on_below_their_beginning() -> None:
    words = "the JPEG file is cut off: its end is missing"
    assert printing.hanging(words, "ok    disk   ").splitlines() == [
        "ok    disk   the JPEG file is cut off:",
        "             its end is missing",
    ]
    assert printing.hanging(words, "  a/folder/of/mine/and/its/picture.jpg: ").splitlines() == [
        "  a/folder/of/mine/and/its/picture.jpg:",
        "    the JPEG file is cut off: its end is",
        "    missing",
    ]


@pytest.mark.usefixtures("narrow")
def test_people_are_told_how_long_ago_it_was() -> None:
    now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    told = [
        printing.when(f"2026-11-{moment}+00:00", now)
        for moment in ("20T11:59:51", "20T11:48:00", "20T02:00:00", "03T00:00:00")
    ]
    assert told == ["9 s ago", "12 min ago", "10 h ago", "2026-11-03"]


def test_programs_are_told_the_moment() -> None:
    assert printing.when("2026-11-20T12:00:31.123+00:00") == "2026-11-20 12:00 UTC"
    assert printing.hanging("much " * 40, "x  ") == "x  " + "much " * 40


def test_what_is_done_stands_beside_the_bar() -> None:
    assert doing(Tally(10, sent=4), None) == "4 uploaded"
    assert (
        doing(Tally(10, sent=10, running=3, ended=2, bad={"a": "why"}), 1.25) == "1.2/s, 3 running, 1 failed"
    )
    assert doing(Tally(10, sent=10, ended=10), 5.0) == "5.0/s"
