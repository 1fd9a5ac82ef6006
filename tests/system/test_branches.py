"""One decode, many outputs, through the whole system: three sizes of each photograph."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from benchmarks.corpus import photographs
from tests.system.checks import psnr
from tests.system.client import Refusal
from tests.system.system import System

WIDTHS = {"large": 900, "medium": 400, "small": 120}
STEPS = [
    {"filter": "grayscale"},
    {"outputs": {name: [{"filter": "resize", "width": width}] for name, width in WIDTHS.items()}},
]
RESAMPLED_PSNR_DB = 30.0  # to Pillow's Lanczos, both encoded as JPEG


def test_three_sizes_of_each_photograph(system: System) -> None:
    client = system.ready()
    made = client.ask(
        "POST",
        "/workloads",
        body=json.dumps({"filter": STEPS, "workload_name": "sizes"}),
        headers={"Content-Type": "application/json"},
    )
    assert made["outputs"] == list(WIDTHS)
    assert made["filter"] == "grayscale|{large,medium,small}"
    workload_id = made["workload_id"]
    uploaded = {
        client.upload(workload_id, picture.name, picture.data): picture.data
        for picture in photographs(2, smallest=1.2, largest=2.0)
    }

    workload = client.wait(workload_id)
    assert (workload["done"], workload["failed_images"]) == (2, [])
    expected = [f"{original}-{name}" for original in uploaded for name in WIDTHS]
    assert workload["filtered_images"] == expected
    listed = client.ask("GET", f"/workloads/{workload_id}/images?kind=filtered")["images"]
    assert {image["image_id"]: image["output"] for image in listed} == {
        image_id: image_id.rsplit("-", 1)[1] for image_id in expected
    }
    for original, data in uploaded.items():
        before = Image.open(io.BytesIO(data))
        for name, width in WIDTHS.items():
            after = Image.open(io.BytesIO(client.image(f"{original}-{name}")))
            height = round(before.height * width / before.width)
            assert (after.format, after.mode, after.size) == ("JPEG", "L", (width, height))
            wanted = before.convert("L").resize(after.size, Image.Resampling.LANCZOS)
            assert psnr(np.asarray(wanted), np.asarray(after)) > RESAMPLED_PSNR_DB
    with pytest.raises(Refusal, match=r"makes .*-large, .*-medium, .*-small"):
        client.image(f"{next(iter(uploaded))}-filtered")
