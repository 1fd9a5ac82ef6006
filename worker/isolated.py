"""Filtering a suspect: a picture that two workers died of runs in a process that may die too.

`python -m worker.isolated` is that process: a message on standard input, a message on standard output.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from cluster.tether import tethered
from dpip import errors
from dpip.confinement import confine
from dpip.domain import ImageFacts, Making
from dpip.framing import pack, read_message
from imaging.codec_set import codecs_used
from imaging.limits import Limits
from worker.alone import run_alone
from worker.failures import Poisonous
from worker.filtering import Filtered, Picture, filter_here

MEMORY_FACTOR = 2  # over the estimate of what the picture needs
MEMORY_BASE = 512 * 2**20


def filter_alone(
    data: bytes,
    pipeline: str,
    limits: Limits,
    memory_bytes: int,
    time_limit_s: float,
    wanted: Callable[[], None] = lambda: None,
) -> Filtered:
    """Like `filter_here`, but within limits. Raises `Poisonous` when the process died, and what `wanted`
    raises: then it was killed."""
    allowed = MEMORY_BASE + MEMORY_FACTOR * memory_bytes
    request = pack(
        {"pipeline": pipeline, "limits": asdict(limits), "memory": allowed, "codecs": codecs_used()}, data
    )
    command = tethered([sys.executable, "-P", "-m", "worker.isolated"])
    head, body = run_alone(command, request, time_limit_s, wanted)
    if "error" in head:
        raise _known_error(head["error"], head["detail"])
    return Filtered(_pictures(head["outputs"], body), head["decode"], head["filter"], head["encode"])


def _pictures(
    outputs: Iterable[tuple[str, dict[str, Any], dict[str, Any]]], body: bytes
) -> tuple[Picture, ...]:
    """Of the bytes that stand one after the other."""
    pictures, start = [], 0
    for name, given, made in outputs:
        facts = ImageFacts(**given)
        making = Making(made["way"], tuple(made["notes"]), tuple(made["codecs"]))
        pictures.append(Picture(name, body[start : start + facts.size_bytes], facts, making))
        start += facts.size_bytes
    return tuple(pictures)


def _known_error(name: str, detail: str) -> Exception:
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, errors.DpipError):
        return kind(detail)
    return Poisonous(f"in a process of its own the picture ended in {name}: {detail}")


def main() -> None:
    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print must not get into the answer
    head, data = read_message(sys.stdin.buffer)
    try:
        answer = _answer(head, data)
    except errors.Refused as error:
        ran_out = isinstance(error, errors.TooLarge) and error.__cause__ is not None
        name = MemoryError.__name__ if ran_out else type(error).__name__
        answer = pack({"error": name, "detail": error.detail}, b"")
    except (Exception, MemoryError) as error:  # the parent tells the user
        answer = pack({"error": type(error).__name__, "detail": str(error)[:500]}, b"")
    with os.fdopen(out, "wb") as stream:
        stream.write(answer)


def _answer(head: dict[str, Any], data: bytes) -> bytes:
    import imaging  # noqa: PLC0415 - its libraries' own use of memory does not count

    limits = Limits(**head["limits"])
    imaging.configure_process(limits, head["codecs"])
    confine(int(head["memory"]))
    done = filter_here(data, head["pipeline"], limits)
    return pack(
        {
            "outputs": [(one.name, asdict(one.facts), asdict(one.making)) for one in done.pictures],
            "decode": done.decode,
            "filter": done.filter,
            "encode": done.encode,
        },
        b"".join(one.data for one in done.pictures),
    )


if __name__ == "__main__":
    main()
