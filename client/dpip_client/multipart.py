"""Multipart forms (RFC 7578) that stream: the length is known beforehand, files are read on the way."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dpip_client.originals import Original

PIECE_BYTES = 256 * 1024


class Changed(OSError):
    """A file has not the size any more that was announced."""


def _boundary() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Form:
    """Fields, then files in fields called `data`."""

    files: Sequence[Original]
    fields: Mapping[str, str] = field(default_factory=dict)
    boundary: str = field(default_factory=_boundary)

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def length(self) -> int:
        heads = sum(len(head) for head in self._words())
        return heads + sum(len(self._head(file)) + file.size + 2 for file in self.files) + len(self._end)

    def pieces(self) -> Iterator[bytes]:
        """Raises OSError for a file that cannot be read, `Changed` for one that grew or shrank."""
        yield from self._words()
        for file in self.files:
            yield self._head(file)
            yield from _contents(file)
            yield b"\r\n"
        yield self._end

    def _words(self) -> Iterator[bytes]:
        for name, value in self.fields.items():
            yield (
                f"--{self.boundary}\r\nContent-Disposition: form-data; "
                f'name="{_escaped(name)}"\r\n\r\n{value}\r\n'
            ).encode()

    def _head(self, file: Original) -> bytes:
        return (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="data"; '
            f'filename="{_escaped(file.name)}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        ).encode(errors="replace")

    @property
    def _end(self) -> bytes:
        return f"--{self.boundary}--\r\n".encode()


def _contents(file: Original) -> Iterator[bytes]:
    if file.path is None:
        yield from (file.data[at : at + PIECE_BYTES] for at in range(0, len(file.data), PIECE_BYTES))
        return
    left = file.size
    with file.path.open("rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            left -= len(piece)
            if left < 0:
                break
            yield piece
    if left:
        raise Changed(f"{file.path} was changed while it was uploaded")


def _escaped(name: str) -> str:
    """As browsers do it: quotes and line ends by percent signs."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
