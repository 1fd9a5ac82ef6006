"""Names of strangers in what is downloaded: a zip unpacks where it is told to, a table holds no formula."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from api.workloads import failures
from tests.api.conftest import Api

NAMES = [
    "../../etc/passwd", "..\\..\\x.jpg", "/etc/x", "C:\\x.jpg", "C:x", "..", ". .", ".hidden.jpg", "a\x00b",
    "a\r\nSet-Cookie: x=1", 'a"; filename="b.exe', "\u202egpj.exe", "x" * 300, "\x1b[31m",
]  # fmt: skip


def test_every_name_in_a_zip_stays_below_its_folder(api: Api, jpeg: bytes, tmp_path: Path) -> None:
    workload = api.workload()["workload_id"]
    for name in NAMES:
        assert api.upload(workload, jpeg, name=name).status_code == 201
    answer = api.ask("GET", f"/workloads/{workload}/archive?kind=original")
    names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    assert len({name.casefold() for name in names}) == len(NAMES)
    for name in names:
        assert name == PurePosixPath(name).name == PureWindowsPath(name).name
        assert not name.startswith(".")
        assert name.isprintable()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


@pytest.mark.parametrize("name", NAMES)
def test_a_download_is_called_by_its_id_alone(api: Api, jpeg: bytes, name: str) -> None:
    kept = api.upload(api.workload()["workload_id"], jpeg, name=name).get_json()
    told = api.ask("GET", f"/images/{kept['image_id']}").headers["Content-Disposition"]
    assert told == f"inline; filename={kept['image_id']}.jpg"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]
)
def test_a_table_holds_no_formula(text: str) -> None:
    (cells,) = csv.reader(io.StringIO(failures._line([failures._harmless(text), failures._harmless("a,=1")])))
    assert cells == [f"'{text}", "a,=1"]
