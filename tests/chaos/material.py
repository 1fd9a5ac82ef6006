"""What the clients upload: small pictures, each known again by its bytes, some of them broken."""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from dpip.errors import DpipError
from imaging.limits import Limits
from tests.chaos.ledger import PROBES_FROM
from worker.filtering import filter_here

FORMATS = ("PNG", "JPEG", "WEBP")
BROKEN_PART = 0.06  # of the PNG files: whole to look at, and nothing that can be unpacked within
IDAT = b"IDAT"


@dataclass(frozen=True)
class Material:
    """Makes picture number N anew whenever it is asked for: nothing is held."""

    seed: int

    def picture(self, number: int) -> bytes:
        rng = random.Random(f"{self.seed}-{number}")
        size = rng.randint(24, 96), rng.randint(24, 96)
        noise = Image.frombytes("RGB", (8, 8), rng.randbytes(192)).resize(size)
        stream = io.BytesIO()
        noise.save(stream, FORMATS[number % len(FORMATS)])
        data = stream.getvalue()
        if IDAT not in data or number >= PROBES_FROM or rng.random() >= BROKEN_PART:
            return data
        at = data.index(IDAT) + len(IDAT) + 12
        return data[:at] + rng.randbytes(16) + data[at + 16 :]

    def name(self, number: int) -> str:
        return f"{number:06d}.{FORMATS[number % len(FORMATS)].lower()}"


@dataclass(frozen=True)
class Expected:
    """What the engine makes of a picture here: the result, or the reason why there is none."""

    result: bytes | None
    refusal: str = ""

    @property
    def sha256(self) -> str:
        return digest(self.result or b"")


@lru_cache(64)
def expected(data: bytes, pipeline: str) -> Expected:
    try:
        [picture] = filter_here(data, pipeline, Limits()).pictures
    except DpipError as error:
        return Expected(None, error.detail)
    return Expected(picture.data)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
