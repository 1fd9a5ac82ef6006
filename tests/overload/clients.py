"""Clients that upload as fast as they can, while another one asks for the status."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ANSWER_WITHIN_S = 60.0
ROOT = Path(__file__).parents[2]


@dataclass
class Answer:
    status: int
    retry_after: str | None
    body: bytes
    closes: bool


@dataclass
class Tally:
    """What the clients met."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: Counter[str] = field(
        default_factory=Counter
    )  # connections that gave no answer, by what was raised
    without_advice: int = 0  # 429, 503 and 507 that had no Retry-After
    kept: list[str] = field(default_factory=list)  # bodies of 201
    status_s: list[float] = field(default_factory=list)  # how long GET /status took each time
    other: list[str] = field(default_factory=list)  # bodies of answers that should not be

    def status_quantile(self, part: float) -> float:
        ordered = sorted(self.status_s)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


async def overload(
    port: int, token: str, workload_id: str, picture: bytes, *, clients: int, seconds: float, seed: int
) -> Tally:
    """`clients` upload for so many seconds, each sending again the moment it has its answer."""
    tally = Tally()
    until = time.monotonic() + seconds
    rng = random.Random(seed)
    uploads = [
        _uploads(port, _upload(token, workload_id, picture, rng.random() < 0.5), until, tally)
        for _ in range(clients)
    ]
    await asyncio.gather(*uploads, _asks(port, token, seconds, tally))
    return tally


async def _uploads(port: int, request: bytes, until: float, tally: Tally) -> None:
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while time.monotonic() < until:
        try:
            if connection is None:
                connection = await asyncio.open_connection("127.0.0.1", port)
            answer = await asyncio.wait_for(_ask(*connection, request), ANSWER_WITHIN_S)
        except (OSError, EOFError, TimeoutError) as error:
            tally.broken[type(error).__name__] += 1
            connection = _closed(connection)
            continue
        tally.statuses[answer.status] += 1
        if answer.status == 201:
            tally.kept.append(answer.body.decode())
        elif answer.status not in {429, 503, 507}:
            tally.other.append(answer.body.decode(errors="replace")[:300])
        elif answer.retry_after is None:
            tally.without_advice += 1
        if answer.closes:
            connection = _closed(connection)
    _closed(connection)


async def _asks(port: int, token: str, seconds: float, tally: Tally) -> None:
    """In another process: this one is busy with its uploads."""
    asking = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.overload.prober", str(port), str(seconds)),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    said, _ = await asking.communicate(token.encode())
    told = json.loads(said)
    tally.status_s += told["took"]
    tally.other += told["wrong"]


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Answer:
    """The client sends all of its request before it reads, as simple ones do."""
    writer.write(request)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    closes = headers.get("connection", "").lower() == "close"
    return Answer(int(head[0].split()[1]), headers.get("retry-after"), body, closes)


def _closed(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None) -> None:
    if connection is not None:
        connection[1].close()


def _upload(token: str, workload_id: str, picture: bytes, as_form: bool) -> bytes:
    """A form, or the bare picture."""
    path, media_type, body = f"/images?workload_id={workload_id}", "image/jpeg", picture
    if as_form:
        path, media_type = "/images", "multipart/form-data; boundary=B"
        field = f'--B\r\nContent-Disposition: form-data; name="workload_id"\r\n\r\n{workload_id}\r\n'
        file = '--B\r\nContent-Disposition: form-data; name="data"; filename="a.jpg"\r\n\r\n'
        body = field.encode() + file.encode() + picture + b"\r\n--B--\r\n"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
