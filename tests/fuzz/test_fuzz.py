"""A short, seeded run of what `make fuzz` does for long, and what it found."""

from __future__ import annotations

import io
import struct

import pytest

from dpip.errors import Refused, Unprocessable
from imaging import Limits, parse_pipeline, read_header, run
from tests.fuzz.mutations import broken, truncations
from tests.fuzz.running import Finding, tried
from tests.fuzz.seeds import seeds

MUTATIONS = 2000  # of each format


@pytest.mark.parametrize("form", seeds())
def test_no_broken_file_does_harm(form: str) -> None:
    """Every truncation of every seed, and mutations."""
    files = [(form, number) for number in range(-truncations(form), MUTATIONS)]
    told = [finding for _, _, finding in tried(files)]
    assert len(told) == len(files)
    assert [str(finding) for finding in told if finding is not None] == []


def test_whole_files_are_pictures() -> None:
    for form, files in seeds().items():
        for data in files:
            assert run(data, parse_pipeline("blur"), Limits()).facts.format == form


def test_the_same_number_is_the_same_file() -> None:
    assert [broken("png", number) for number in range(20)] == [broken("png", number) for number in range(20)]
    assert broken("png", 1) != broken("png", 1, salt=1)


def test_what_kills_a_process_is_found() -> None:
    """The means of finding work: a child that dies is noticed, and replaced."""
    files = [("gif", 1), ("no-such-format", 1), ("gif", 2)]
    told = list(tried(files))
    assert [finding is None for _, _, finding in told] == [True, False, True]
    assert isinstance(told[1][2], Finding)
    assert "died" in told[1][2].what


def test_found_a_chunk_of_a_png_that_claims_gigabytes() -> None:
    """OpenCV made room for as much as a chunk said that it has: 3 GB for a file of 5 kB."""
    data = bytearray(seeds()["png"][0])
    struct.pack_into(">I", data, data.index(b"IDAT") - 4, 3_000_000_000)
    with pytest.raises(Unprocessable, match="reaches beyond the end"):
        read_header(io.BytesIO(bytes(data)), len(data), Limits())


def test_found_places_in_a_tiff_that_no_file_reaches() -> None:
    """Seeking to them raised OverflowError."""
    data = bytearray(seeds()["tiff"][7])
    struct.pack_into("<Q", data, 8, 2**63 + 5)
    with pytest.raises(Unprocessable, match="refers to byte"):
        read_header(io.BytesIO(bytes(data)), len(data), Limits())


@pytest.mark.parametrize(("seed", "place", "written"), [(2, 123, b"\x04\x00"), (4, 2692, b"\x00\x00")])
def test_found_errors_of_libavif_that_are_of_a_kind_of_their_own(
    seed: int, place: int, written: bytes
) -> None:
    """They came as RuntimeError, which was taken for a mistake of ours."""
    data = bytearray(seeds()["avif"][seed])
    data[place : place + len(written)] = written
    with pytest.raises(Refused):
        run(bytes(data), parse_pipeline("blur"), Limits())


def test_found_tiles_of_a_tiff_that_are_larger_than_the_picture() -> None:
    """Room was made for whole ones, 50 MB and more for a file of 12 kB."""
    data = bytearray(seeds()["tiff"][6])
    entry = data.index(struct.pack("<HHII", 322, 4, 1, 16))
    struct.pack_into("<I", data, entry + 8, 524_304)
    with pytest.raises(Unprocessable, match="tiles of 524,304 x 16 pixels"):
        read_header(io.BytesIO(bytes(data)), len(data), Limits())
