"""The same pipeline gives the same bytes as ever, on every machine."""

from __future__ import annotations

import json

import pytest

from tests.imaging.golden import BY_TURBO, FILE, found, pipelines

GOLDEN = json.loads(FILE.read_text())


def test_every_pipeline_has_its_hashes() -> None:
    assert set(GOLDEN) == set(pipelines()), "make golden"


@pytest.mark.parametrize("name", sorted(pipelines()))
def test_results_are_the_same_bytes(name: str) -> None:
    here = found(name)
    wanted = {kind: digest for kind, digest in GOLDEN[name].items() if kind in here or kind != BY_TURBO}
    assert here == wanted, "if this was meant: make golden, and look at what changed"
