"""What the system consists of, and in which order it is stopped."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from importlib.util import find_spec
from pathlib import Path

from command.config import UpSettings
from dpip.home import Home
from dpip.settings import ENV_PREFIX

INSTANCE = f"{ENV_PREFIX}INSTANCE"
_AFTER_DRAINING_S = 15  # a worker ends by itself some seconds after its jobs
_CODE = Path(__file__).resolve().parent.parent


class Stage(IntEnum):
    """The order of stopping: what takes work in goes first, what others need goes last."""

    API = 1
    WORKERS = 2
    SCHEDULER = 3
    CONTROLLER = 4
    RAY = 5


@dataclass(frozen=True, slots=True)
class Component:
    """One process to be kept running."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    stage: Stage
    stops_within_s: float  # after that it is killed
    record: Path  # a file that the process writes when it is up
    in_no_hurry: bool = False  # it is started when the system is ready, so that this is sooner


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    # -P: a folder called `api` or `worker` where the user happens to stand must not be taken for ours.
    return (sys.executable, "-P", "-m", module, *arguments)


def takes_videos() -> bool:
    """What `film.available` says, without the time that it takes to load."""
    return find_spec("av") is not None


def worker_names(settings: UpSettings) -> list[str]:
    return [f"local-{number}" for number in range(1, settings.workers + 1)]


def components(settings: UpSettings, environment: Mapping[str, str]) -> tuple[Component, ...]:
    """The processes that these settings ask for, in the order in which they are started."""
    run = settings.at_home.run
    children = settings.for_children(environment)
    # The components are the ones beside this very package, wherever it was started from.
    paths = (str(_CODE), environment.get("PYTHONPATH", ""))
    children["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    parts = [
        Component(
            "controller", _python("controller"), children, Stage.CONTROLLER, 10, run / "controller.json"
        )
    ]
    if settings.starts_ray:
        parts.append(Component("ray", _python("cluster"), children, Stage.RAY, 20, run / "ray.json"))
    parts += [
        Component("scheduler", _python("scheduler"), children, Stage.SCHEDULER, 15, run / "scheduler.json"),
    ]
    if takes_videos():
        video = run / "video.json"
        parts.append(
            Component("video", _python("video"), children, Stage.SCHEDULER, 12, video, in_no_hurry=True)
        )
    # One that died is known by this when it comes back: nobody else holds its name meanwhile.
    instance = children.get(INSTANCE) or secrets.token_hex(16)
    parts.append(Component("api", _python("api"), children, Stage.API, 15, run / "api.json"))
    parts += [
        Component(
            name,
            _python("worker", "--worker-name", name),
            children | {INSTANCE: f"{instance}-{name}"},
            Stage.WORKERS,
            settings.drain_s + _AFTER_DRAINING_S,
            run / f"worker-{name}.json",
        )
        for name in worker_names(settings)
    ]
    return tuple(parts)


def instance_of(home: Home) -> str:
    """The same at each start in this home: its workers are at once taken for those that they follow, which
    have ended, instead of waiting until the controller gives those up."""
    with contextlib.suppress(OSError):  # a full disk: they wait then
        return home.ensure_secret(home.run / "instance", secrets.token_hex(16))
    return secrets.token_hex(16)


def forget_records(home: Home, parts: tuple[Component, ...]) -> None:
    """Remove what an earlier run left written: its addresses mean nothing any more."""
    home.ensure_folder(home.run)
    for part in parts:
        part.record.unlink(missing_ok=True)
