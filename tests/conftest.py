"""For all tests: an environment without anybody's settings, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from bus.seal import derive
from cluster.environment import Credentials, prepare_for_ray
from dpip.home import write_secret
from dpip.lifecycle import adopt_orphans
from tests.cluster_fixtures import JOIN_TOKEN, ray_cluster, ray_driver
from tests.leaks import Snapshot, left_since, snapshot

__all__ = ["ray_cluster", "ray_driver"]

_BEFORE = pytest.StashKey[Snapshot]()
_FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Before any test module is loaded, and Ray with it: Ray reads the environment then."""
    adopt_orphans()  # so that what loses its parent is seen, too
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background jobs ignore it, and theirs
    for name in list(os.environ):
        if name.startswith(("DPIP_", "RAY_")):
            del os.environ[name]
    config.stash[_FOLDER] = Path(tempfile.mkdtemp(prefix="dpip-tests-"))
    token = write_secret(config.stash[_FOLDER] / "ray_token", derive(JOIN_TOKEN, "ray"))
    prepare_for_ray(Credentials(token))


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_FOLDER], ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fixtures of a whole session are there by now; what the test itself starts comes after this."""
    item.stash[_BEFORE] = snapshot()
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    yield
    before = item.stash.get(_BEFORE, None)
    left = left_since(before) if before is not None else []
    if left:
        pytest.fail(f"the test left behind: {'; '.join(left)}", pytrace=False)
