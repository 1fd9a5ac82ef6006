"""`python -m film probe|split|join`: the process in which files of strangers are decoded.

Messages on standard input and output (`film.messages`); the first one says what is wanted.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from dpip import errors
from dpip.confinement import confine
from dpip.lifecycle import die_with_parent
from film import messages
from film.limits import VideoLimits


def main() -> None:
    die_with_parent()
    work = {"probe": _probe, "split": _split, "join": _join}[sys.argv[1]]
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get into the answer
    came = messages.read(sys.stdin.buffer)
    if came is None:
        return
    try:
        work(came[0], sys.stdin.buffer, out)
    except BrokenPipeError:
        os._exit(1)  # nobody wants it any more
    except errors.DpipError as error:
        messages.write(out, {"error": type(error).__name__, "detail": error.detail})
    except (Exception, MemoryError) as error:  # the parent tells the user
        messages.write(out, {"error": type(error).__name__, "detail": str(error)[:500]})


def _probe(asked: dict[str, Any], _given: BinaryIO, out: BinaryIO) -> None:
    from film import splitting  # noqa: PLC0415 - its libraries' own memory does not count

    confine(int(asked["memory"]), cpu_s=int(asked["cpu_s"]))
    found = splitting.facts(Path(asked["path"]), asked["format"], VideoLimits(**asked["limits"]))
    messages.write(out, {"facts": asdict(found)})


def _split(asked: dict[str, Any], _given: BinaryIO, out: BinaryIO) -> None:
    from film import splitting  # noqa: PLC0415

    confine(int(asked["memory"]))
    for frame in splitting.split(Path(asked["path"]), asked["format"], VideoLimits(**asked["limits"])):
        messages.write(out, {"pts": frame.pts, "duration": frame.duration}, frame.pnm)
    messages.write(out, {"end": True})


def _join(asked: dict[str, Any], given: BinaryIO, out: BinaryIO) -> None:
    from film.joining import Join  # noqa: PLC0415
    from imaging.codecs import codec_of  # noqa: PLC0415
    from imaging.header import read_header  # noqa: PLC0415
    from imaging.limits import Limits  # noqa: PLC0415

    confine(int(asked["memory"]))
    limits = Limits()
    paths = Path(asked["path"]), asked["format"], Path(asked["target"]), asked["target_format"]
    with Join(*paths, asked["quality"]) as join:
        while True:
            came = messages.read(given)
            if came is None:
                raise BrokenPipeError
            head, data = came
            if "end" in head:
                break
            import io  # noqa: PLC0415

            header = read_header(io.BytesIO(data), len(data), limits)
            pixels = codec_of(header.format).decode(data, header, luma_only=False).pixels
            join.add(head["pts"], head["duration"], pixels)
        join.end()
        messages.write(out, {"frames": join.frames, "size": join.size, "notes": join.notes})


if __name__ == "__main__":
    main()
