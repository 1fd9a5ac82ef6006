"""A picture that kills its process, for real: by a signal, by hanging, by eating memory."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest

from dpip.framing import pack, unpack
from worker.alone import run_alone
from worker.failures import Cancelled, Poisonous

ECHO = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_what_a_healthy_process_answers_comes_back() -> None:
    body = bytes(range(256)) * 1000
    assert run_alone(python(ECHO), pack({"a": 1}, body), 20) == ({"a": 1}, body)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("import os; os.abort()", "SIGABRT"),
        ("import sys; sys.exit('nothing fits')", "nothing fits"),
        ("print('no message')", "end with code 0"),
        ("pass", "end with code 0"),
        (
            "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**28, 2**28)); bytearray(2**30)",
            "MemoryError",
        ),
    ],
)
def test_a_process_that_dies_is_told_of(code: str, words: str) -> None:
    with pytest.raises(Poisonous, match=words):
        run_alone(python(code), pack({}, b"x" * 1_000_000), 20)


def test_a_process_that_hangs_is_ended() -> None:
    begun = time.monotonic()
    with pytest.raises(Poisonous, match="busy for more than"):
        run_alone(python("import time; time.sleep(300)"), pack({}, b""), 0.5)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("message", [b"", b"\0\0", b"\0\0\0\x09{", b"\0\0\0\x02ab"])
def test_what_is_no_message_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"message|Expecting"):
        unpack(message)


def test_a_process_that_nobody_waits_for_is_killed(tmp_path: Path) -> None:
    """Also when it has not taken its whole message yet."""
    begun = tmp_path / "begun"
    says_who_it_is = f"import os, pathlib; pathlib.Path({str(begun)!r}).write_text(str(os.getpid()))"
    code = f"{says_who_it_is}; import time; time.sleep(300)"

    def wanted() -> None:
        if begun.exists() and begun.read_text():
            raise Cancelled

    with pytest.raises(Cancelled):
        run_alone(python(code), pack({}, b"x" * 1_000_000), 60, wanted)
    assert not psutil.pid_exists(int(begun.read_text()))
