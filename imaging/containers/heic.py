"""HEIC: a HEIF container."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from imaging.containers import heif
from imaging.metadata import Metadata
from imaging.structure import UPRIGHT, Header

TITLE = "HEIC"


def read_header(stream: BinaryIO, size_bytes: int) -> Header:
    """As its decoder gives it out: upright."""
    header = heif.read_header(stream, size_bytes, "heic", TITLE, crops=True)
    return replace(header, width=header.oriented_width, height=header.oriented_height, orientation=UPRIGHT)


def check_complete(stream: BinaryIO, size_bytes: int, header: Header) -> None:  # noqa: ARG001 - the protocol
    heif.check_complete(stream, size_bytes, TITLE)


def read_metadata(stream: BinaryIO, size_bytes: int) -> Metadata:
    return heif.read_metadata(stream, size_bytes, TITLE)


def with_metadata(encoded: bytes, metadata: Metadata) -> bytes:  # noqa: ARG001 - the protocol
    """The encoder was given it: it writes the container."""
    return encoded
