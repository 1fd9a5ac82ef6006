"""The documents name everything there is: settings, endpoints, filters, targets, statuses."""

from __future__ import annotations

import importlib
import importlib.util
import re
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

import pytest
from flask import Flask

from api.app import create_app
from api.description.document import described
from api.parts import Bounds
from api.web import problems
from dpip.settings import ENV_PREFIX, Common
from dpip_client import connecting
from imaging import catalogue
from imaging.output import Convert
from imaging.plugins import OWN

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "user-guide.md").read_text()
CONFIGS = (
    "api.config",
    "cluster.config",
    "command.config",
    "controller.config",
    "scheduler.config",
    "video.config",
    "worker.config",
)


def settings() -> set[str]:
    names = set(Common.model_fields)
    for module in CONFIGS:
        for value in vars(importlib.import_module(module)).values():
            if isinstance(value, type) and issubclass(value, Common):
                names |= {name for name, field in value.model_fields.items() if field.description}
    return {ENV_PREFIX + name.upper() for name in names} | set(connecting.VARIABLES)


def test_every_setting_is_in_the_guide_and_no_other() -> None:
    assert set(re.findall(r"DPIP_[A-Z_]+[A-Z]", GUIDE)) - {"DPIP_HOME"} == settings() - {"DPIP_HOME"}


def test_every_endpoint_is_in_the_guide_and_no_other() -> None:
    told = set(re.findall(r"^\| `((?:GET|POST|PUT|DELETE|PATCH) /[^`]*)`", GUIDE, re.MULTILINE))
    assert told == {f"{method} {path}" for method, path, *_ in described(app())}


def app() -> Flask:
    """Never asked for anything, so it needs no parts."""
    return create_app(MagicMock(bounds=Bounds()))


def filter_guide() -> ModuleType:
    spec = importlib.util.spec_from_file_location("filter_guide", ROOT / "tools" / "filter_guide.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_guide_to_the_filters_is_up_to_date() -> None:
    """Their parameters, ranges and words; `make filter-guide` renews it."""
    assert (ROOT / "docs" / "filters.md").read_text() == filter_guide().guide()


def test_the_page_knows_where_each_filter_is_on_its_sheet() -> None:
    made = filter_guide()
    assert made.PAGE_INDEX.read_text() == made.page_index()


@pytest.mark.parametrize("name", [described.name for described in catalogue() if described.origin == OWN])
def test_every_filter_is_in_the_guide(name: str) -> None:
    assert f"[`{name}`](docs/filters.md#{name})" in GUIDE
    assert name == Convert.name or (ROOT / "docs" / "pictures" / "filters" / f"{name}.webp").exists()


def test_every_status_of_a_problem_is_in_the_guide() -> None:
    told = set(map(int, re.findall(r"^\| (\d{3}) \|", GUIDE, re.MULTILINE)))
    assert told >= {int(status) for status in problems.STATUSES.values()} - {HTTPStatus.INTERNAL_SERVER_ERROR}


def test_links_between_documents_lead_somewhere() -> None:
    for document in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("examples/*/*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} points to {target}"


def test_every_record_of_a_decision_has_its_three_parts() -> None:
    for record in (ROOT / "docs" / "adr").glob("*.md"):
        text = record.read_text()
        for part in ("Context", "Choice", "gave up"):
            assert part in text, f"{record.name} has no {part}"
