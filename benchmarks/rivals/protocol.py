"""What takes part in the benchmark: prepare, run(pictures, filter) -> results, close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture as a file; `data` is there before the clock starts for those that ask for it."""

    path: Path
    data: bytes = b""


class Results(Protocol):
    """One result for each picture, in their order."""

    def sizes(self) -> Sequence[int]:
        """Bytes of each result."""

    def get(self, number: int) -> bytes: ...


class Contestant(Protocol):
    """Made without arguments, in a process of its own. Nothing but `run` is timed.

    `run` returns when the last result can be had: the file is there, or its download would be answered.
    """

    roles: ClassVar[Mapping[str, str]]  # part of a command line -> whose CPU time it is
    in_memory: ClassVar[bool]  # pictures come as bytes; else as files in place

    def prepare(self, folder: Path, cores: int) -> None:
        """Start what is needed, with `folder` (empty) for its files. Raises Missing."""

    def run(self, pictures: Sequence[Sample], filter_name: str) -> Results:
        """All pictures through "grayscale" or "blur" (Gaussian, sigma 3), in their own format."""

    def parts(self) -> Mapping[str, float]:
        """Mean wall milliseconds per image of the last run by stage, where it knows them."""

    def close(self) -> None: ...


class Missing(Exception):
    """This contestant cannot take part here; says why, and what would help."""


class InPlace:
    """The usual manners of those that read files and write files."""

    roles: ClassVar[Mapping[str, str]] = {}
    in_memory: ClassVar[bool] = False

    def __init__(self) -> None:
        self.folder = Path()
        self.cores = 1
        self._runs = 0

    def prepare(self, folder: Path, cores: int) -> None:
        self.folder, self.cores = folder, cores

    def out(self) -> Path:
        """An empty folder for the results of a run."""
        self._runs += 1
        place = self.folder / f"results-{self._runs}"
        place.mkdir()
        return place

    def parts(self) -> Mapping[str, float]:
        return {}

    def close(self) -> None:
        return


class Files:
    """Results that lie in a folder under their pictures' names."""

    def __init__(self, folder: Path, pictures: Sequence[Sample]) -> None:
        self._files = [folder / picture.path.name for picture in pictures]

    def sizes(self) -> list[int]:
        return [file.stat().st_size for file in self._files]

    def get(self, number: int) -> bytes:
        return self._files[number].read_bytes()


class InMemory:
    """Results that were never written anywhere."""

    def __init__(self, results: Sequence[bytes]) -> None:
        self._results = results

    def sizes(self) -> list[int]:
        return [len(data) for data in self._results]

    def get(self, number: int) -> bytes:
        return self._results[number]
