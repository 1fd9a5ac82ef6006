"""TIFFs that store each channel apart (planar configuration 2): each taken out as a gray TIFF of its own.

Decoders that are given the whole read 16-bit samples of such files wrongly, without a word.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from imaging.containers.tiff_directory import (
    KINDS,
    TITLE,
    Directory,
    Entry,
    Layout,
    directories,
    layout_of,
)
from imaging.reading import broken

PLANAR_CONFIGURATION = 284
APART = 2
_BITS, _PHOTOMETRIC, _SAMPLES = 258, 262, 277
_PLACES = (273, 279, 324, 325)  # strips and tiles: where each is, and how many bytes
_KEPT = (256, 257, 259, 266, 278, 317, 322, 323, 347)  # size, compression, rows, predictor, tiles, tables
_BLACK_IS_ZERO = 1
_SHORT, _LONG, _LONG8 = 3, 4, 16


def planes(data: bytes) -> Iterator[bytes]:
    """Of the first directory, in the order of its samples."""
    stream = io.BytesIO(data)
    layout, _ = layout_of(stream)
    directory = next(directories(stream, len(data)))
    samples = directory[_SAMPLES].numbers[0]
    for number in range(samples):
        yield _with_directory(data, layout, _of_plane(directory, layout, number, samples))


def _of_plane(directory: Directory, layout: Layout, number: int, samples: int) -> dict[int, Entry]:
    entries = {tag: directory[tag] for tag in _KEPT if tag in directory}
    for tag in _PLACES:
        if tag in directory:
            every = directory[tag].numbers
            if not every or len(every) % samples:
                raise broken(TITLE, f"{len(every):,} pieces for {samples} channels")
            each = len(every) // samples
            kind, code = (_LONG8, "Q") if layout.big else (_LONG, "I")
            mine = every[number * each : (number + 1) * each]
            entries[tag] = Entry(kind, each, struct.pack(f"{layout.order}{each}{code}", *mine), layout.order)
    said = {_BITS: directory[_BITS].numbers[0], _PHOTOMETRIC: _BLACK_IS_ZERO, _SAMPLES: 1}
    for tag, value in said.items():
        entries[tag] = Entry(_SHORT, 1, struct.pack(layout.order + "H", value), layout.order)
    return entries


def _with_directory(data: bytes, layout: Layout, entries: dict[int, Entry]) -> bytes:
    """The file with another first directory, which stands at its end."""
    room = struct.calcsize(layout.offset_code)
    number_code, order = layout.order + layout.offset_code, layout.order
    values = [b"\x00"] if len(data) % 2 else []
    end = len(data) + len(values)
    rows = []
    for tag in sorted(entries):
        entry = entries[tag]
        place = entry.raw.ljust(room, b"\x00")
        if len(entry.raw) > room:
            place = struct.pack(number_code, end)
            values.append(entry.raw + b"\x00" * (len(entry.raw) % 2))
            end += len(values[-1])
        count = len(entry.raw) // KINDS[entry.kind][1]
        rows.append(struct.pack(order + "HH", tag, entry.kind) + struct.pack(number_code, count) + place)
    directory = struct.pack(order + layout.count_code, len(rows)) + b"".join(rows) + bytes(room)
    at = 8 if layout.big else 4
    view = memoryview(data)
    return b"".join((view[:at], struct.pack(number_code, end), view[at + room :], *values, directory))
