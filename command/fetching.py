"""`dpip download`."""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from command import printing, talking
from command.exits import DONE, SOME_FAILED, USAGE, Ended
from dpip_client import Client, Image
from imaging.formats import FORMATS, canonical_name

_AT_ONCE = 4


def download_workload(
    url: str | None, ca: Path | None, named: str, out: Path | None, *, kind: str, as_json: bool
) -> int:
    """The exit status: some results are missing when jobs failed, or are not done yet. Raises `Ended`."""

    def work(client: Client) -> int:
        workload = client.workload(talking.workload_id(client, named))
        shown = printing.text(workload.name)
        folder = out or _folder(workload.name)
        names = {image.id: image.name for image in client.images(workload.id, "original")}
        images = list(client.images(workload.id, kind))
        saved = _save(client, images, names, folder)
        missing = workload.total - workload.done
        if as_json:
            printing.as_json(
                {"workload_id": workload.id, "out": str(folder), "saved": saved, "missing": missing}
            )
        else:
            sys.stdout.write(f"{printing.counted(len(saved), 'image')} of {shown} in {folder}\n")
            if missing:
                printing.note(
                    f"{printing.counted(missing, 'picture')} without a result: dpip status {workload.id}"
                )
        return SOME_FAILED if missing and kind == "filtered" else DONE

    return talking.ask(url, ca, work)


def _folder(name: str) -> Path:
    """A folder here, called like the workload: a server must not choose another place. Raises `Ended`."""
    if not name or Path(name).name != name or name.startswith(".") or not name.isprintable():
        raise Ended(f"the workload is called {name!a}, which is no folder's name: say --out")
    return Path(name)


def _save(client: Client, images: list[Image], names: dict[str, str | None], folder: Path) -> list[str]:
    targets = {image.id: folder / name for image, name in zip(images, _names(images, names), strict=True)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        wanted = [image for image in images if not _there(targets[image.id], image)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(lambda image: client.download(image.id, targets[image.id]), wanted):
                pass
    except OSError as error:
        raise Ended(f"cannot write in {folder}: {error.strerror}", USAGE) from None
    return [str(target) for target in targets.values()]


def _there(target: Path, image: Image) -> bool:
    """Downloads are there whole or not at all, so their size is enough."""
    return target.is_file() and target.stat().st_size == image.size_bytes


def _names(images: list[Image], originals: dict[str, str | None]) -> list[str]:
    """As the originals were called; where that would clash, or there was no name, the id."""
    wished = [_wished(image, originals) for image in images]
    often = Counter(wished)
    return [
        name if often[name] == 1 else f"{image.id}{FORMATS[image.format].extension}"
        for image, name in zip(images, wished, strict=True)
    ]


def _wished(image: Image, originals: dict[str, str | None]) -> str:
    original = image.id.removesuffix(f"-{image.output}") if image.output else image.id
    given = Path((originals.get(original) or "").replace("\\", "/")).name
    given = "".join(char for char in given if char.isprintable())
    path = Path(given.lstrip(".") or image.id)
    extension = FORMATS[image.format].extension
    ending = path.suffix if canonical_name(path.suffix) == image.format else extension
    stem = path.stem if canonical_name(path.suffix) else path.name
    output = f"-{image.output}" if image.output not in {None, "filtered"} else ""
    return f"{stem}{output}{ending}"
