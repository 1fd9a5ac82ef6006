"""AVIF: a HEIF container."""

from __future__ import annotations

from typing import BinaryIO

from imaging.containers import heif
from imaging.metadata import Metadata
from imaging.structure import Header

TITLE = "AVIF"


def read_header(stream: BinaryIO, size_bytes: int) -> Header:
    return heif.read_header(stream, size_bytes, "avif", TITLE)


def check_complete(stream: BinaryIO, size_bytes: int, header: Header) -> None:  # noqa: ARG001 - the protocol
    heif.check_complete(stream, size_bytes, TITLE)


def read_metadata(stream: BinaryIO, size_bytes: int) -> Metadata:
    return heif.read_metadata(stream, size_bytes, TITLE)


def with_metadata(encoded: bytes, metadata: Metadata) -> bytes:
    """The encoder was given most of it: it writes the container."""
    return heif.with_coded_colours(encoded, metadata.coded, TITLE) if metadata.coded else encoded
