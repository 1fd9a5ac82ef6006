"""HEIF (ISO/IEC 23008-12), the container of AVIF and HEIC: items with properties; tracks of animations."""

# ruff: noqa: PLR2004 - one signature for all formats; the numbers are those of the format
from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from imaging.coded_colours import CodedColours
from imaging.containers.boxes import MAX_METADATA, Box, boxes, content
from imaging.metadata import Metadata
from imaging.reading import broken, cut_off, take_at
from imaging.structure import UPRIGHT, Colour, Header

_MAX_ITEMS = 5000
_NCLX_BYTES = 11
_PICTURES = frozenset({b"hvc1", b"av01", b"grid", b"iden", b"iovl"})  # kinds of items that show something
_MADE_OF, _THUMBNAIL, _AUXILIARY = b"dimg", b"thmb", b"auxl"
_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
# (quarter turns counterclockwise, mirrored afterwards: None, axis 0 or 1) -> EXIF orientation
_ORIENTATIONS = {
    (0, None): 1,
    (1, None): 8,
    (2, None): 3,
    (3, None): 6,
    (0, 0): 4,
    (0, 1): 2,
    (1, 0): 5,
    (1, 1): 7,
    (2, 0): 2,
    (2, 1): 4,
    (3, 0): 7,
    (3, 1): 5,
}


@dataclass(slots=True)
class _Meta:
    """What the meta box says: items by their number, and properties in order."""

    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    names: dict[int, bytes] = field(default_factory=dict)  # media types of "mime" items
    places: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # offset and length in the file
    properties: list[Box] = field(default_factory=list)
    owned: dict[int, list[int]] = field(default_factory=dict)  # item -> numbers of properties, from 1
    auxiliary_of: dict[int, set[int]] = field(default_factory=dict)  # item -> those it adds to
    parts: set[int] = field(default_factory=set)  # items that are no pictures of their own

    @property
    def others(self) -> int:
        """Pictures of their own beside the primary one."""
        shown = {number for number, kind in self.kinds.items() if kind in _PICTURES}
        return len(shown - self.parts - {self.primary})


class _Reader:
    """Numbers one after another out of a box."""

    def __init__(self, data: bytes, title: str) -> None:
        self._data, self._title, self._at = data, title, 0

    def number(self, length: int) -> int:
        end = self._at + length
        if end > len(self._data):
            raise broken(self._title, "a box is shorter than what it must hold")
        value = int.from_bytes(self._data[self._at : end], "big")
        self._at = end
        return value

    def raw(self, length: int) -> bytes:
        return self.number(length).to_bytes(length, "big")

    def text(self) -> bytes:
        """Up to a zero."""
        end = self._data.find(b"\x00", self._at)
        end = len(self._data) if end < 0 else end
        found = self._data[self._at : end]
        self._at = end + 1
        return found

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._data)


def _version(reader: _Reader) -> int:
    version = reader.number(1)
    reader.number(3)
    return version


def _top(stream: BinaryIO, size_bytes: int, title: str) -> Iterator[Box]:
    return boxes(stream, 0, size_bytes, title)


def _meta(stream: BinaryIO, size_bytes: int, title: str) -> _Meta:
    found = next((box for box in _top(stream, size_bytes, title) if box.kind == b"meta"), None)
    meta = _Meta()
    if found is None or found.length < 4:
        raise broken(title, "it has no list of its items (meta box)")
    for box in boxes(stream, found.offset + 4, found.end, title):
        if box.kind == b"pitm":
            reader = _Reader(content(stream, box, title), title)
            meta.primary = reader.number(4 if _version(reader) else 2)
        elif box.kind == b"iinf":
            _items(stream, box, meta, title)
        elif box.kind == b"iloc":
            _places(_Reader(content(stream, box, title), title), meta, title)
        elif box.kind == b"iref":
            _references(stream, box, meta, title)
        elif box.kind == b"iprp":
            _properties(stream, box, meta, title)
    return meta


def _items(stream: BinaryIO, box: Box, meta: _Meta, title: str) -> None:
    (version,) = take_at(stream, box.offset, 1, title)
    for entry in boxes(stream, box.offset + (8 if version else 6), box.end, title):
        if entry.kind == b"infe" and len(meta.kinds) < _MAX_ITEMS:
            reader = _Reader(content(stream, entry, title), title)
            entry_version, hidden = reader.number(1), reader.number(3) & 1
            if entry_version < 2:
                continue
            number = reader.number(4 if entry_version == 3 else 2)
            if hidden:
                meta.parts.add(number)
            reader.number(2)
            meta.kinds[number] = reader.raw(4)
            reader.text()
            meta.names[number] = reader.text()


def _places(reader: _Reader, meta: _Meta, title: str) -> None:
    version = _version(reader)
    sizes = reader.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    count = reader.number(4 if version == 2 else 2)
    if count > _MAX_ITEMS:
        raise broken(title, f"{count:,} items")
    for _ in range(count):
        number = reader.number(4 if version == 2 else 2)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)  # another file: none is ever opened
        base = reader.number(base_size)
        extents = []
        for _ in range(reader.number(2)):
            if version:
                reader.number(index_size)
            offset = reader.number(offset_size)
            extents.append((base + offset, reader.number(length_size)))
        if method == 0:
            meta.places[number] = extents


def _references(stream: BinaryIO, box: Box, meta: _Meta, title: str) -> None:
    (version,) = take_at(stream, box.offset, 1, title)
    wide = 4 if version else 2
    for entry in boxes(stream, box.offset + 4, box.end, title):
        if entry.kind in (_MADE_OF, _THUMBNAIL, _AUXILIARY):
            reader = _Reader(content(stream, entry, title), title)
            item = reader.number(wide)
            targets = {reader.number(wide) for _ in range(reader.number(2))}
            meta.parts |= targets if entry.kind == _MADE_OF else {item}
            if entry.kind == _AUXILIARY:
                meta.auxiliary_of[item] = targets


def _properties(stream: BinaryIO, box: Box, meta: _Meta, title: str) -> None:
    for part in boxes(stream, box.offset, box.end, title):
        if part.kind == b"ipco":
            meta.properties = list(boxes(stream, part.offset, part.end, title))
        elif part.kind == b"ipma":
            reader = _Reader(content(stream, part, title), title)
            version = reader.number(1)
            wide = reader.number(3) & 1
            count = reader.number(4)
            if count > _MAX_ITEMS:
                raise broken(title, f"{count:,} items with properties")
            for _ in range(count):
                item = reader.number(4 if version else 2)
                mask = 0x7FFF if wide else 0x7F
                owned = [reader.number(2 if wide else 1) & mask for _ in range(reader.number(1))]
                meta.owned.setdefault(item, []).extend(owned)


@dataclass(slots=True)
class _Item:
    """What the properties of one item say."""

    width: int = 0
    height: int = 0
    depth: int = 8
    channels: int = 3
    subsampled: bool = True
    turns: int = 0
    mirror: int | None = None
    crop: tuple[int, int] | None = None  # width and height of what is shown
    icc: bytes | None = None
    coded: CodedColours | None = None
    auxiliary: bytes = b""


def _item(stream: BinaryIO, meta: _Meta, number: int, title: str) -> _Item:
    item = _Item()
    for index in meta.owned.get(number, []):
        if 1 <= index <= len(meta.properties):
            box = meta.properties[index - 1]
            reading = _READING.get(box.kind)
            if reading is not None and box.length <= MAX_METADATA:
                needed, read = reading
                data = content(stream, box, title)
                if len(data) >= needed:
                    read(item, data)
    return item


def _from_size(item: _Item, data: bytes) -> None:
    item.width, item.height = struct.unpack_from(">II", data, 4)


def _from_channels(item: _Item, data: bytes) -> None:
    item.channels, item.depth = data[4], max(data[5 : 5 + data[4]], default=8)


def _from_hevc(item: _Item, data: bytes) -> None:
    item.subsampled, item.depth = (data[16] & 3) in (1, 2), 8 + (data[17] & 7)


def _from_turn(item: _Item, data: bytes) -> None:
    item.turns = data[0] & 3


def _from_mirror(item: _Item, data: bytes) -> None:
    item.mirror = data[0] & 1


def _from_crop(item: _Item, data: bytes) -> None:
    width, width_by, height, height_by = struct.unpack_from(">4I", data)
    if width_by and height_by:
        item.crop = width // width_by, height // height_by


def _from_colour(item: _Item, data: bytes) -> None:
    if data[:4] in (b"prof", b"rICC"):
        item.icc = data[4:]
    elif data[:4] == b"nclx" and len(data) >= _NCLX_BYTES:
        item.coded = CodedColours(*struct.unpack_from(">HH", data, 4))


def _from_auxiliary(item: _Item, data: bytes) -> None:
    item.auxiliary = data[4:].split(b"\x00")[0]


def _from_av1(item: _Item, data: bytes) -> None:
    """The third byte of the codec's configuration: high depth, twelve bits, monochrome, subsampling."""
    flags = data[2]
    item.depth = 8 if not flags & 0x40 else 12 if flags & 0x20 else 10
    item.channels = 1 if flags & 0x10 else 3
    item.subsampled = bool(flags & 0x08)


_READING: dict[bytes, tuple[int, Callable[[_Item, bytes], None]]] = {  # with the bytes that it must have
    b"ispe": (12, _from_size),
    b"pixi": (6, _from_channels),
    b"av1C": (3, _from_av1),
    b"hvcC": (18, _from_hevc),
    b"irot": (1, _from_turn),
    b"imir": (1, _from_mirror),
    b"clap": (32, _from_crop),
    b"colr": (4, _from_colour),
    b"auxC": (4, _from_auxiliary),
}


@dataclass(slots=True)
class _Track:
    frames: int = 0
    kind: bytes = b""
    width: int = 0
    height: int = 0
    has_media_header: bool = False


def _tracks(stream: BinaryIO, movie: Box, title: str) -> Iterator[_Track]:
    for box in boxes(stream, movie.offset, movie.end, title):
        if box.kind == b"trak":
            track = _Track()
            _walk(stream, box, track, title, depth=0)
            yield track


def _walk(stream: BinaryIO, parent: Box, track: _Track, title: str, depth: int) -> None:
    for box in boxes(stream, parent.offset, parent.end, title):
        if box.kind in (b"mdia", b"minf", b"stbl") and depth < 4:
            _walk(stream, box, track, title, depth + 1)
        elif box.kind == b"hdlr" and box.length >= 12:
            track.kind = take_at(stream, box.offset + 8, 4, title)
        elif box.kind == b"stsz" and box.length >= 12:
            (track.frames,) = struct.unpack(">I", take_at(stream, box.offset + 8, 4, title))
        elif box.kind == b"tkhd" and box.length >= 84:
            sizes = struct.unpack(">II", take_at(stream, box.end - 8, 8, title))
            track.width, track.height = sizes[0] >> 16, sizes[1] >> 16


def read_header(
    stream: BinaryIO, size_bytes: int, format_name: str, title: str, *, crops: bool = False
) -> Header:
    """`crops` where the decoder shows no more than the container says."""
    meta = _meta(stream, size_bytes, title)
    item = _item(stream, meta, meta.primary, title)
    alpha = any(
        meta.primary in others and _item(stream, meta, number, title).auxiliary in _ALPHA
        for number, others in meta.auxiliary_of.items()
    )
    if item.crop is not None and not crops:
        raise broken(title, "it is cropped by its container (clean aperture), which is not read")
    frames, (width, height) = 1, item.crop or (item.width, item.height)
    movie = next((box for box in _top(stream, size_bytes, title) if box.kind == b"moov"), None)
    if movie is not None and _is_sequence(stream, title):
        for track in _tracks(stream, movie, title):
            if track.kind == b"auxv":
                alpha = True
            elif track.kind in (b"pict", b"vide") and track.frames > 0:
                frames = max(frames, track.frames)
                width, height = track.width or width, track.height or height
    return Header(
        format_name,
        width,
        height,
        size_bytes,
        bit_depth=item.depth,
        colour=Colour.GRAY if item.channels == 1 else Colour.RGB,
        has_alpha=alpha,
        frames=frames,
        plays=0 if frames > 1 else 1,
        others=0 if frames > 1 else meta.others,
        orientation=_ORIENTATIONS.get((item.turns, item.mirror), UPRIGHT),
        subsampled=item.subsampled,
        lossless=False,
        composed=frames > 1,
    )


def _is_sequence(stream: BinaryIO, title: str) -> bool:
    """The first brand says whether the still or the animation is meant."""
    return take_at(stream, 8, 4, title) in (b"avis", b"msf1", b"hevc", b"hevx")


def check_complete(stream: BinaryIO, size_bytes: int, title: str) -> None:
    """Every box lies within the file, and so does every item."""
    for _ in _top(stream, size_bytes, title):
        pass
    meta = _meta(stream, size_bytes, title)
    for extents in meta.places.values():
        for offset, length in extents:
            if offset + length > size_bytes:
                raise cut_off(title, f"an item reaches to byte {offset + length:,} of {size_bytes:,}")


def read_metadata(stream: BinaryIO, size_bytes: int, title: str) -> Metadata:
    meta = _meta(stream, size_bytes, title)
    exif = xmp = None
    for number, kind in meta.kinds.items():
        if kind == b"Exif":
            data = _item_bytes(stream, meta, number, title)
            skipped = int.from_bytes(data[:4], "big") + 4
            exif = data[skipped:].removeprefix(b"Exif\x00\x00") or None
        elif kind == b"mime" and meta.names.get(number) == b"application/rdf+xml":
            xmp = _item_bytes(stream, meta, number, title)
    item = _item(stream, meta, meta.primary, title)
    coded = item.coded if item.coded is not None and item.coded.says_more and not item.icc else None
    return Metadata(item.icc, exif, xmp, coded=coded)


def with_coded_colours(encoded: bytes, coded: CodedColours, title: str) -> bytes:
    """Code points put in the place of those that the encoder wrote of a still."""
    file = bytearray(encoded)
    meta = _meta(io.BytesIO(encoded), len(encoded), title)
    for number in meta.owned[meta.primary]:
        box = meta.properties[number - 1]
        if box.kind == b"colr" and encoded[box.offset : box.offset + 4] == b"nclx":
            struct.pack_into(">HH", file, box.offset + 4, *coded)
    return bytes(file)


def _item_bytes(stream: BinaryIO, meta: _Meta, number: int, title: str) -> bytes:
    extents = meta.places.get(number, [])
    if sum(length for _, length in extents) > MAX_METADATA:
        return b""
    return b"".join(take_at(stream, offset, length, title) for offset, length in extents)
