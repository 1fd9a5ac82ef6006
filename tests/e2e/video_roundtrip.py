"""A video through DPIP and back: `python -m tests.e2e.video_roundtrip --url http://host:port [video]`.

Cuts the video into PNG frames, uploads them into a new workload, watches it, downloads the filtered frames
in order, checks each one pixel by pixel, and joins them to a video again. Without a video, one is made from
photographs. The password comes from DPIP_PASSWORD or --password. Exits with 1 when anything is missing or
wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.corpus import frame_number, frame_pixels
from tests.e2e import video
from tests.e2e.checking import mistake
from tests.e2e.steps import Step, Steps
from tests.system.client import Client

T = TypeVar("T")
R = TypeVar("R")
WATCH_S = 0.1


class Wrong(Exception):
    """Something is missing, or not as it should be."""


@dataclass(frozen=True)
class Options:
    url: str
    user: str
    password: str
    video: Path | None
    output: Path | None
    filter: str
    frames: int
    width: int
    height: int
    uploads_at_once: int
    downloads_at_once: int
    timeout_s: float


def options(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="video_roundtrip", description=__doc__)
    add = parser.add_argument
    add("video", nargs="?", type=Path, help="a video file (default: one is made from photographs)")
    add("--url", default=os.environ.get("DPIP_URL", "http://127.0.0.1:8080"))
    add("--user", default=os.environ.get("DPIP_USER", "admin"))
    add("--password", default=os.environ.get("DPIP_PASSWORD", ""))
    add("--filter", choices=("grayscale", "blur"), default="grayscale")
    add("--output", type=Path, help="where the filtered video goes (default: it is thrown away)")
    add("--frames", type=int, default=130, help="length of the video that is made")
    add("--width", type=int, default=1280)
    add("--height", type=int, default=720)
    add("--uploads-at-once", type=int, default=1, help="with more than one, frames arrive in any order")
    add("--downloads-at-once", type=int, default=4)
    add("--timeout-s", type=float, default=600.0, help="how long the workload may take")
    return Options(**vars(parser.parse_args(arguments)))


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = options(sys.argv[1:] if arguments is None else arguments)
    steps = Steps()
    client = Client(chosen.url, chosen.user, chosen.password)
    try:
        with tempfile.TemporaryDirectory(prefix="dpip-e2e-") as folder:
            count = roundtrip(chosen, client, steps, Path(folder))
    except Exception as error:
        steps.console.print(f"[red]wrong:[/red] {type(error).__name__}: {error}", markup=True)
        return 1
    finally:
        client.close()
    steps.console.print(f"[green]all {count} frames are there, in order, and right[/green]")
    return 0


def roundtrip(chosen: Options, client: Client, steps: Steps, folder: Path) -> int:
    """All steps; returns the number of frames. Raises what went wrong."""
    source, originals = _frames(chosen, steps, folder)
    count = len(originals)
    with steps.step(f"log in at {chosen.url}") as step:
        client.login()
        step.outcome = chosen.user
    with steps.step("create the workload") as step:
        workload = client.create(f"film-{time.time_ns()}", chosen.filter)
        step.outcome = f"{workload} ({chosen.filter})"
    ids = _upload(chosen, client, steps, workload, originals)
    filtered_ids = _watch(chosen, client, steps, workload, count)
    if len(filtered_ids) != count or len(set(filtered_ids)) != count:
        raise Wrong(f"{count} frames went in, {len(set(filtered_ids))} came out")
    if chosen.uploads_at_once == 1 and ids != sorted(ids):
        raise Wrong("the ids of the originals do not sort in the order of upload")
    if filtered_ids != sorted(filtered_ids):
        raise Wrong("the ids of the filtered frames do not sort in the order of upload")
    downloaded = _download(chosen, client, steps, filtered_ids, folder)
    # Both lists are in the order of arrival, so the result of each frame stands where its original does.
    results = [file for _, file in sorted(zip(_ranked(ids), downloaded, strict=True))]
    _check(chosen, steps, originals, results, stamped=chosen.video is None)
    _join(chosen, steps, results, video.rate_of(source), folder)
    return count


def _ranked(ids: Sequence[str]) -> list[int]:
    """The numbers of the frames in the order in which they arrived."""
    return sorted(range(len(ids)), key=lambda number: ids[number])


def _frames(chosen: Options, steps: Steps, folder: Path) -> tuple[Path, list[Path]]:
    source = chosen.video
    if source is None:
        source = folder / "source.mp4"
        with steps.step("make a video from photographs") as step:
            pixels = frame_pixels(chosen.frames, width=chosen.width, height=chosen.height)
            count = video.write_video(source, pixels, Fraction(25))
            step.outcome = f"{count} frames of {chosen.width} x {chosen.height}, {_size([source])}"
    with steps.step("cut it into PNG frames") as step:
        (folder / "frames").mkdir()
        originals = video.cut(source, folder / "frames")
        step.outcome = f"{len(originals)} frames, {_size(originals)}"
    if not originals:
        raise Wrong(f"{source} has no frames")
    return source, originals


def _upload(
    chosen: Options, client: Client, steps: Steps, workload: str, originals: Sequence[Path]
) -> list[str]:
    """Upload every frame; returns the ids in the order of the film."""

    def push(file: Path) -> str:
        return client.upload(workload, file.name, file.read_bytes())

    with steps.step("upload the frames", len(originals)) as step:
        ids = _side_by_side(push, originals, chosen.uploads_at_once, step)
        step.outcome = _pace(len(originals), step, originals)
    return ids


def _watch(chosen: Options, client: Client, steps: Steps, workload: str, count: int) -> list[str]:
    deadline = time.monotonic() + chosen.timeout_s
    with steps.step("wait for the rest to be filtered", count) as step:
        while (seen := client.workload(workload))["status"] != "completed":
            step.show(count - seen["running_jobs"])
            if time.monotonic() > deadline:
                raise Wrong(f"not completed in {chosen.timeout_s:.0f} s: {_counts(seen)}")
            time.sleep(WATCH_S)
        step.outcome = _counts(seen)
    if seen.get("failed"):
        raise Wrong(f"{seen['failed']} frames failed: {seen.get('failed_images')}")
    filtered: list[str] = seen["filtered_images"]
    return filtered


def _counts(seen: dict[str, Any]) -> str:
    return f"{seen['status']}, {len(seen['filtered_images'])} filtered, {seen['running_jobs']} to go"


def _download(
    chosen: Options, client: Client, steps: Steps, filtered: Sequence[str], folder: Path
) -> list[Path]:
    (folder / "results").mkdir()

    def fetch(image_id: str) -> Path:
        file = folder / "results" / f"{image_id}.png"
        file.write_bytes(client.image(image_id))
        return file

    with steps.step("download the filtered frames", len(filtered)) as step:
        results = _side_by_side(fetch, filtered, chosen.downloads_at_once, step)
        step.outcome = _pace(len(results), step, results)
    if results != sorted(results):
        raise Wrong("files named by their ids are not in order")
    return results


def _check(
    chosen: Options, steps: Steps, originals: Sequence[Path], results: Sequence[Path], *, stamped: bool
) -> None:
    def look(number: int) -> str | None:
        wrong = mistake(originals[number], results[number], chosen.filter)
        if (
            wrong is None
            and stamped
            and (found := frame_number(video.read_colour(results[number]))) != number
        ):
            wrong = f"is frame {found}"
        return wrong and f"frame {number} {wrong}"

    with steps.step("check every pixel", len(results)) as step:
        wrong = [text for text in _side_by_side(look, range(len(results)), 2, step) if text]
        step.outcome = f"{len(results) - len(wrong)} right, {len(wrong)} wrong"
    if wrong:
        raise Wrong("; ".join(wrong[:5]) + ("; ..." if len(wrong) > len(wrong[:5]) else ""))


def _join(chosen: Options, steps: Steps, results: Sequence[Path], rate: Fraction, folder: Path) -> None:
    output = chosen.output or folder / "filtered.mp4"
    with steps.step("join them to a video") as step:
        video.write_video(output, (video.read_colour(file) for file in results), rate)
        count = sum(1 for _ in video.read_video(output))
        step.outcome = f"{count} frames, {_size([output])}" + (f", {output}" if chosen.output else "")
    if count != len(results):
        raise Wrong(f"the video has {count} frames, not {len(results)}")


def _side_by_side(work: Callable[[T], R], items: Iterable[T], threads: int, step: Step) -> list[R]:
    """The results in the order of the items."""
    results = []
    with ThreadPoolExecutor(threads) as pool:
        for result in pool.map(work, items):
            results.append(result)
            step.show(len(results))
    return results


def _pace(count: int, step: Step, files: Sequence[Path]) -> str:
    return f"{count / step.seconds:.1f} frames/s, {_size(files)}"


def _size(files: Sequence[Path]) -> str:
    return f"{sum(file.stat().st_size for file in files) / 1e6:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
