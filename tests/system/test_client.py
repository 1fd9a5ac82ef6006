"""The client against a real system: the examples of its README, and both faces by the side of each other."""

from __future__ import annotations

import asyncio
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.corpus import photographs
from dpip_client import AsyncClient, Client, Result
from dpip_client.errors import NotFound, Unauthenticated
from tests.system.small import small_pictures
from tests.system.system import PASSWORD, USER, System

README = Path(__file__).resolve().parents[2] / "client" / "README.md"


@pytest.fixture
def url(system: System) -> str:
    client = system.ready()
    client.close()
    return client.url


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, photo in enumerate(photographs(3, smallest=0.3, largest=0.6)):
        (folder / f"{number}.jpg").write_bytes(photo.data)
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.mark.parametrize("number", [0, 1], ids=["sync", "async"])
def test_the_examples_of_its_readme_do_what_they_say(url: str, photos: Path, number: int) -> None:
    example = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)[number]
    with Client(url) as client:
        token = client.login(USER, PASSWORD)
    target = photos.parent / ("filtered", "filtered-async")[number]
    target.mkdir()
    result = subprocess.run(
        [sys.executable, "-c", example],
        cwd=photos.parent,
        env={"PATH": os.environ["PATH"], "DPIP_URL": url, "DPIP_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "notes.txt is refused: this is not an image" in result.stdout or number == 1
    saved = sorted(target.iterdir())
    assert len(saved) == 3
    with Image.open(saved[0]) as picture:
        assert picture.mode == "L"


def test_many_small_files_keep_their_order_and_every_result_comes_once(url: str) -> None:
    pictures = small_pictures(150)
    with Client(url) as client:
        client.login(USER, PASSWORD)
        workload = client.create("grayscale", "in order")
        sent = list(client.upload_many(workload.id, pictures))
        ids = [one.image_id or "" for one in sent]
        assert ids == sorted(ids)
        assert [one.source for one in sent] == pictures
        results = list(client.results(workload.id))
        assert sorted(result.original_id for result in results) == ids
        names = [image.name for image in client.images(workload.id, "original")]
        assert names == [name for name, _ in pictures]
        [first] = [result for result in results if result.original_id == ids[0]]
        with Image.open(io.BytesIO(client.read(first.image_id or ""))) as picture:
            assert picture.mode == "L"
        assert client.delete(workload.id) == 300
        with pytest.raises(NotFound):
            client.workload(workload.id)


def test_failures_come_with_their_reasons_and_tokens_end(url: str) -> None:
    [photo] = photographs(1, smallest=0.3, largest=0.6)
    stream = io.BytesIO()
    Image.effect_noise((200, 200), 50).save(stream, "PNG")
    broken = bytearray(stream.getvalue())
    broken[len(broken) // 2] ^= 0xFF  # its header is fine, and its end is there

    async def go() -> list[Result]:
        async with AsyncClient(url) as client:
            await client.login(USER, PASSWORD)
            workload = await client.create("blur:sigma=2", tags=[])
            sources = [("broken.png", bytes(broken)), ("fine.jpg", photo.data)]
            sent = [one async for one in client.upload_many(workload.id, sources, in_order=False)]
            assert all(one.error is None for one in sent)
            found = [result async for result in client.results(workload.id)]
            await client.logout()
            with pytest.raises(Unauthenticated):
                await client.status()
            return found

    results = asyncio.run(go())
    assert sorted(result.failure is not None for result in results) == [False, True]
    [failed] = [result.failure for result in results if result.failure]
    assert failed.detail
