"""`dpip download`."""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from command import printing, talking
from command.exits import DONE, SOME_FAILED, USAGE, Ended
from command.film_watching import download_video, is_video
from dpip.file_names import portable_extension, portable_stem
from dpip.names import clash_key
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
        if is_video(workload):
            return download_video(client, workload.id, folder, kind=kind, as_json=as_json)
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
    """As the originals were called, as far as every system takes it; where that would clash, or there was no
    name, the id."""
    wished = [_wished(image, originals) for image in images]
    often = Counter(map(clash_key, wished))
    return [
        name if often[clash_key(name)] == 1 else f"{image.id}{_extension(image)}"
        for image, name in zip(images, wished, strict=True)
    ]


def _extension(image: Image) -> str:
    """Of a format that only a newer server knows, what it calls it."""
    known = FORMATS.get(image.format)
    return known.extension if known else portable_extension(f".{image.format}")


def _wished(image: Image, originals: dict[str, str | None]) -> str:
    original = image.id.removesuffix(f"-{image.output}") if image.output else image.id
    given = Path((originals.get(original) or "").replace("\\", "/")).name
    path = Path(given.lstrip(". ") or image.id)
    kept = canonical_name(path.suffix) == image.format and portable_extension(path.suffix)
    stem = portable_stem(path.stem if canonical_name(path.suffix) else path.name) or image.id
    output = f"-{image.output}" if image.output not in {None, "filtered"} else ""
    return f"{stem}{output}{kept or _extension(image)}"
