"""`dpip video`: one video up, watched, and down again."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from command import printing, talking
from command.exits import DONE, INTERRUPTED, SOME_FAILED, USAGE, Ended
from command.film_showing import showing
from command.film_watching import until_ended, why_not
from dpip.file_names import portable_extension
from dpip_client import Client, Video
from dpip_client.errors import NotFound

_TARGETS = {".mp4": "mp4", ".m4v": "mp4", ".mkv": "mkv", ".webm": "webm"}
_QUALITIES = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class FilmOrder:
    """What was asked for on the command line."""

    file: Path
    pipeline: str
    out: Path | None
    name: str | None
    tags: Sequence[str]
    json: bool
    quality: str | None = None

    @property
    def video_format(self) -> str | None:
        """By the ending of the output's name. Raises `Ended`."""
        if self.out is None or self.out.is_dir():
            return None
        found = _TARGETS.get(self.out.suffix.lower())
        if found is None:
            raise Ended(f"{self.out} must end in one of {', '.join(_TARGETS)}: those are made", USAGE)
        return found

    def target(self, made: Video) -> Path:
        """Where the filtered video goes."""
        if self.out is not None and not self.out.is_dir():
            return self.out
        folder = self.file.parent if self.out is None else self.out
        return folder / f"{self.file.stem}-filtered{portable_extension(f'.{made.video_format}')}"


def filter_video(order: FilmOrder, url: str | None, ca: Path | None) -> int:
    """The exit status. Raises `Ended`."""
    if not order.file.is_file():
        raise Ended(f"there is no file {order.file}", USAGE)
    if order.quality is not None and order.quality not in _QUALITIES:
        raise Ended(f"--quality is one of {', '.join(_QUALITIES)}, not {order.quality}", USAGE)
    if order.out is not None and order.out.resolve() == order.file.resolve():
        raise Ended(f"the result would replace its original, {order.file}; choose another --out", USAGE)
    format_ = order.video_format

    def work(client: Client) -> int:
        with showing(quiet=order.json) as show:
            show(f"uploading {order.file.stat().st_size / 1e6:,.1f} MB", None)
            kept = _kept(client, order, format_)
            try:
                seen = until_ended(client, kept.id, show)
            except KeyboardInterrupt:
                printing.note(
                    f"interrupted; the system goes on with it. The same command takes it up again, and "
                    f"dpip cancel {kept.workload_name} ends it"
                )
                return INTERRUPTED
        return _taken(client, seen, order)

    return talking.ask(url, ca, work)


def _kept(client: Client, order: FilmOrder, format_: str | None) -> Video:
    """The video of an earlier, equal order, where that may still come to something; else a new one."""

    def upload(key: str | None) -> Video:
        asked = order.pipeline, order.name, order.tags, format_, order.quality
        return client.upload_video(order.file, *asked, key=key)

    try:
        seen = client.video(upload(_key(order)).id)
    except NotFound:  # it was deleted since
        return upload(None)
    return upload(None) if seen.state in {"failed", "cancelled"} else seen


def _taken(client: Client, seen: Video, order: FilmOrder) -> int:
    if seen.state != "done":
        if order.json:
            printing.as_json(dict(seen.raw))
        else:
            printing.note(f"{order.file}: {why_not(seen)}")
        return SOME_FAILED
    target = client.download_video(seen.id, order.target(seen))
    if order.json:
        printing.as_json({**seen.raw, "out": str(target)})
    else:
        for note in seen.notes:
            printing.note(note)
        size = target.stat().st_size / 1e6
        sys.stdout.write(f"{printing.counted(seen.frames_joined, 'frame')} in {target} ({size:,.1f} MB)\n")
    return DONE


def _key(order: FilmOrder) -> str:
    """The same for the same order on the same file, so that it is not worked on twice."""
    with order.file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    order_in_words = order.name or "", ",".join(order.tags), order.video_format or "", order.quality or ""
    for part in (order.pipeline, *order_in_words):
        digest.update(b"\0" + part.encode(errors="replace"))
    return f"video-{digest.hexdigest()[:48]}"
