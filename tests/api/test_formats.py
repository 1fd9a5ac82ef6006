"""Every format that the engine reads is taken in, and handed out as what it is."""

from __future__ import annotations

import pytest

from imaging import FORMATS
from tests.api.conftest import Api
from tests.fuzz.seeds import seeds


@pytest.mark.parametrize("form", seeds())
def test_every_format_is_taken_by_its_content(api: Api, form: str) -> None:
    made = api.workload()["workload_id"]
    for data in seeds()[form]:
        got = api.upload(made, data, name="picture.jpg").get_json()
        assert got["format"] == form
        back = api.ask("GET", f"/images/{got['image_id']}")
        assert back.data == data
        assert back.mimetype == FORMATS[form].media_type
        assert f"{got['image_id']}{FORMATS[form].extension}" in back.headers["Content-Disposition"]


def test_too_large_results_are_refused_at_the_door(api: Api) -> None:
    huge = api.workload(filter="resize:width=30000,height=30000,mode=exact")["workload_id"]
    answer = api.upload(huge, seeds()["png"][0])
    assert answer.status_code == 413, answer.text
    assert "megapixels" in answer.get_json()["detail"]
