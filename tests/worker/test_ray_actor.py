"""The actor inside a real Ray cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from cluster.names import RAY_NAMESPACE, actor_name
from dpip.domain import Failure, Outcome, Success
from imaging.limits import Limits
from storage import FolderStore
from tests.cluster_fixtures import RayCluster
from tests.worker.jobs import assert_gray, claimed, picture
from worker.actor import ActorSpec
from worker.places import FolderPlace
from worker.ray_actor import ActorDied, ActorHandle, alive_nodes, create_actor

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    return FolderStore(tmp_path_factory.mktemp("store") / "images")


@pytest.fixture
def actor(ray_driver: RayCluster, store: FolderStore, tmp_path: Path) -> Iterator[ActorHandle]:
    spec = ActorSpec(tmp_path.name, 2, FolderPlace(str(store.root)), Limits(), 60.0, str(tmp_path / "log"))
    made = create_actor(spec, 7, ray.get_runtime_context().get_node_id())
    yield made
    made.kill()


def test_a_scheduler_finds_it_by_name_and_outcomes_stream_back(
    actor: ActorHandle, store: FolderStore, tmp_path: Path
) -> None:
    found = ray.get_actor(actor_name(tmp_path.name, 7), namespace=RAY_NAMESPACE)
    pictures = {number: picture(number) for number in range(1, 13)}
    batch = [claimed(store, data, number) for number, data in pictures.items()]
    slow = claimed(store, picture(0, 1.0), 98, pipeline="denoise")  # far longer than a group is kept open
    batch += [slow, claimed(store, b"no picture", 99)]
    groups: list[list[Outcome]] = [
        ray.get(reference) for reference in found.run.options(num_returns="streaming").remote(batch)
    ]
    assert len(groups) > 1, "everything came at the end"
    outcomes = {one.job_id: one.result for group in groups for one in group}
    assert len(outcomes) == sum(map(len, groups)) == len(batch)
    for item, data in zip(batch, pictures.values(), strict=False):
        result = outcomes[item.job.id]
        assert isinstance(result, Success)
        assert_gray(store, result, data)
    assert isinstance(outcomes[batch[-1].job.id], Failure)


def test_its_status_and_cancelling_get_through_while_it_works(actor: ActorHandle, store: FolderStore) -> None:
    data = picture(0, 1.0)
    batch = [claimed(store, data, number) for number in range(20, 60)]
    stream = actor.handle.run.options(num_returns="streaming").remote(batch)
    ray.get(next(stream))
    status = actor.status()
    assert 0 < status.running <= len(batch)
    assert status.pid == actor.pid != os.getpid()
    ray.get(actor.handle.cancel.remote([(item.job.id, item.attempt) for item in batch]))
    kinds = [
        one.result.kind
        for reference in stream
        for one in ray.get(reference)
        if isinstance(one.result, Failure)
    ]
    assert kinds
    assert set(kinds) == {"cancelled"}
    assert actor.status().running == 0


def test_a_killed_actor_is_noticed(actor: ActorHandle) -> None:
    os.kill(actor.pid, signal.SIGKILL)
    with pytest.raises(ActorDied):
        actor.status()


def test_an_actor_that_cannot_be_made_is_told(ray_driver: RayCluster, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    spec = ActorSpec("x", 1, FolderPlace("ftp://nowhere"), Limits(), 60.0, str(tmp_path / "log"))
    with pytest.raises(ActorDied, match="ftp"):
        create_actor(spec, 1, ray.get_runtime_context().get_node_id())


def test_a_name_that_is_taken_is_told(actor: ActorHandle, store: FolderStore, tmp_path: Path) -> None:
    spec = ActorSpec(tmp_path.name, 1, FolderPlace(str(store.root)), Limits(), 60.0, str(tmp_path / "log"))
    with pytest.raises(ActorDied, match="already"):
        create_actor(spec, 7, ray.get_runtime_context().get_node_id())


def test_the_nodes_of_a_cluster_are_told_to_its_own(ray_cluster: RayCluster, tmp_path: Path) -> None:
    assert alive_nodes(ray_cluster.address) == ("127.0.0.1",)
    (tmp_path / "token").write_text("f" * 64)
    code = (
        "import sys; from worker.ray_actor import alive_nodes; from dpip.errors import NotReady\n"
        "try: print(alive_nodes(sys.argv[1]))\n"
        "except NotReady as error: print('refused:', error)\n"
    )
    stranger = subprocess.run(
        [sys.executable, "-c", code, ray_cluster.address],
        env=os.environ | {"RAY_AUTH_TOKEN_PATH": str(tmp_path / "token")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert stranger.stdout.startswith("refused:"), stranger
