"""Which files are meant, and what each is called in the result's folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from command.exits import USAGE, Ended


@dataclass(frozen=True, slots=True)
class Input:
    """A file, as it was when it was looked at. `name`: where it lies in the tree, with slashes."""

    name: str
    path: Path
    size: int
    mtime_ns: int

    @staticmethod
    def of(name: str, path: Path) -> Input:
        """Raises `Ended` for a file that cannot be looked at."""
        try:
            facts = path.stat()
        except OSError as error:
            raise Ended(f"cannot read {path}: {error.strerror}", USAGE) from None
        return Input(name, path, facts.st_size, facts.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Inputs:
    """`passed_over`: files in folders that are not called like pictures."""

    files: Sequence[Input]
    passed_over: int


def collect(paths: Sequence[Path], out: Path, is_picture: Callable[[Path], bool], everything: bool) -> Inputs:
    """Files as they are named, folders with all that is in them and called like a picture.

    One folder alone is mirrored as it is, several each under its name. Hidden files and what lies in `out`
    are passed over. Raises `Ended` for a path that is not there, for two files of the same name, and for a
    result that would lie where its original does.
    """
    found: dict[str, Input] = {}
    passed_over = 0
    for path in paths:
        if not path.exists():
            raise Ended(f"there is no {path}", USAGE)
        if not path.is_dir():
            _add(found, Input.of(path.name, path))
            continue
        below = "" if len(paths) == 1 else f"{path.resolve().name}/"
        for file in _files(path, out.resolve()):
            if everything or is_picture(file):
                _add(found, Input.of(below + file.relative_to(path).as_posix(), file))
            else:
                passed_over += 1
    for one in found.values():
        if (out / one.name).resolve() == one.path.resolve():
            raise Ended(
                f"a result in {out} would replace its original, {one.path}; choose another --out", USAGE
            )
    return Inputs(list(found.values()), passed_over)


def _add(found: dict[str, Input], one: Input) -> None:
    other = found.setdefault(one.name, one)
    if other is not one and other.path.resolve() != one.path.resolve():
        raise Ended(
            f"{other.path} and {one.path} would have the same name in the result; give a folder that holds "
            "both, or run them into two folders",
            USAGE,
        )


def _files(folder: Path, out: Path) -> Iterator[Path]:
    """In the order of their names."""
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(n for n in folders if not n.startswith(".") and (here / n).resolve() != out)
        yield from (here / name for name in sorted(names) if not name.startswith("."))
