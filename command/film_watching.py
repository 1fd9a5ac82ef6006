"""A video that is on the system already: how far it is, and its file."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from command import printing
from command.exits import DONE, SOME_FAILED, USAGE, Ended
from command.film_showing import Show, frames_of, showing
from dpip.file_names import portable_extension, portable_stem
from dpip_client import Client, Video, Workload

_DOING = {"waiting": "waiting", "running": "filtering"}
_LOOK_S, _SLOWEST_LOOK_S = 0.2, 2.0


def is_video(workload: Workload) -> bool:
    """Whether the workload's pictures are the frames of a video."""
    return bool(workload.raw.get("video"))


def until_ended(client: Client, video_id: str, show: Show) -> Video:
    """Raises what the client raises."""
    began = time.monotonic()
    seen = client.video(video_id)
    while not seen.ended:
        show(_DOING.get(seen.state, seen.state), seen)
        time.sleep(min(max(_LOOK_S, (time.monotonic() - began) / 20), _SLOWEST_LOOK_S))
        seen = client.video(video_id)
    return seen


def watch_video(client: Client, video_id: str, *, as_json: bool) -> int:
    """Until it has ended; the exit status."""
    with showing(quiet=as_json) as show:
        seen = until_ended(client, video_id, show)
    if as_json:
        printing.as_json(dict(seen.raw))
    elif seen.state == "done":
        sys.stdout.write(f"{printing.text(seen.workload_name)}: {frames_of(seen)}; dpip download {seen.id}\n")
    else:
        printing.note(f"{printing.text(seen.workload_name)}: {why_not(seen)}")
    return DONE if seen.state == "done" else SOME_FAILED


def download_video(client: Client, video_id: str, folder: Path, *, kind: str, as_json: bool) -> int:
    """Into the folder, called as the upload was; the exit status. Raises `Ended`."""
    seen = client.video(video_id)
    if kind == "filtered" and seen.state != "done":
        raise Ended(
            f"{printing.text(seen.workload_name)}: {why_not(seen)}; dpip watch {seen.id}", SOME_FAILED
        )
    given = Path((seen.name or "").replace("\\", "/"))
    ending = portable_extension(f".{seen.video_format}") if kind == "filtered" else given.suffix
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{portable_stem(given.stem) or seen.id}{portable_extension(ending)}"
        target = client.download_video(seen.id, folder / name, kind)
    except OSError as error:
        raise Ended(f"cannot write in {folder}: {error.strerror}", USAGE) from None
    if as_json:
        printing.as_json({"workload_id": seen.id, "out": str(folder), "saved": [str(target)], "missing": 0})
    else:
        sys.stdout.write(f"{target}\n")
    return DONE


def facts(video: Video) -> dict[str, str | None]:
    """Beside those of its workload."""
    return {
        "video": video.name,
        "frames": frames_of(video),
        "why": None if video.state == "done" else why_not(video),
    }


def why_not(video: Video) -> str:
    """There is no filtered video."""
    if video.failure is not None:
        return video.failure.detail
    if video.ended:
        return f"it was {video.state}"
    return f"it is {_DOING.get(video.state, video.state)}, {frames_of(video)} are done"
