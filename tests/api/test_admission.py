"""What a job will need is told from the header; pictures that are alike are told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.uploads.admission import admit
from api.uploads.incoming import inspect
from dpip.domain import Workload
from imaging import Limits, estimate_memory_of_plan, parse_plan
from storage import FolderStore
from tests.fuzz.seeds import seeds

_STEP = 64 * 1024
_FILE_COUNTS = 4  # times at most: as it is read, copied, and written anew


@pytest.mark.parametrize("pipeline", ["grayscale", "blur:sigma=5", "rotate:angle=90", "convert:format=png"])
@pytest.mark.parametrize("form", ["jpeg", "png", "tiff", "gif", "webp"])
def test_memory_is_never_less_than_the_estimate_and_hardly_more(
    tmp_path: Path, form: str, pipeline: str
) -> None:
    store = FolderStore(tmp_path)
    workload = Workload("w", "name", "owner", pipeline, (), 0.0)
    for data in seeds()[form]:
        upload = store.begin()
        try:
            upload.write(data)
            header, _ = inspect(upload, Limits())
            least = estimate_memory_of_plan(header, parse_plan(pipeline))
            for _ in range(2):  # once more, from memory
                memory = admit(upload, None, workload, Limits()).needs.memory_bytes
                assert least <= memory <= least + _FILE_COUNTS * _STEP
        finally:
            upload.abort()
