"""`python -m imaging.preview_process`: one picture through one pipeline, in a process that may die of it.

It loads the engine, then waits for a message on standard input, answers on standard output and ends. Nobody
who asks within `IDLE_S` seconds: it ends, too, and so it does when its parent is gone.
"""

from __future__ import annotations

import os
import select
import sys
from dataclasses import asdict
from typing import Any

import imaging
from dpip.confinement import confine
from dpip.errors import DpipError, TooLarge
from dpip.framing import pack, read_message
from imaging.limits import Limits
from imaging.previews import LIMITS

IDLE_S = 60.0
NICE = 5  # requests and workers go first
ANSWER_BYTES = 48 * 2**20
SHOWN_BY_BROWSERS = frozenset({"jpeg", "png", "webp", "gif", "avif", "bmp"})


def main() -> None:
    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print must not get into the answer
    os.nice(NICE)
    imaging.configure_process(LIMITS)  # loads OpenCV now, and not while somebody waits
    imaging.run_plan  # noqa: B018 - likewise
    readable, _, _ = select.select([sys.stdin], [], [], IDLE_S)
    if not readable:
        return
    try:
        head, data = read_message(sys.stdin.buffer)
    except ValueError:
        return  # the parent went away, or changed its mind
    try:
        answer = _answer(head, data)
    except DpipError as error:
        answer = pack({"error": type(error).__name__, "detail": error.detail}, b"")
    except (Exception, MemoryError) as error:  # the parent tells the user
        answer = pack({"error": type(error).__name__, "detail": str(error)[:500]}, b"")
    with os.fdopen(out, "wb") as stream:
        stream.write(answer)


def _answer(head: dict[str, Any], data: bytes) -> bytes:
    limits = Limits(**head["limits"])
    confine(int(head["memory"]), int(limits.max_seconds) + 1)
    (_, result), *_ = imaging.run_plan(data, imaging.parse_plan(head["pipeline"]), limits)
    made, facts = result.data, result.facts
    if facts.format not in SHOWN_BY_BROWSERS:
        made = imaging.run(made, imaging.parse_pipeline("convert:format=png"), limits).data
    if len(made) > ANSWER_BYTES:
        raise TooLarge(f"the result has {len(made):,} bytes, too many to be shown; choose a smaller picture")
    shown = facts.format if facts.format in SHOWN_BY_BROWSERS else "png"
    return pack({"facts": asdict(facts), "shown": shown, "timings": asdict(result.timings)}, made)


if __name__ == "__main__":
    main()
