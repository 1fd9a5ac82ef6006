"""A whole API in this process: the real datastore on SQLite, the real folder store, a bus that listens."""

from __future__ import annotations

import io
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from prometheus_client import CollectorRegistry
from urllib3.filepost import encode_multipart_formdata
from werkzeug.test import TestResponse

from api.app import create_app
from api.parts import Bounds, Parts
from api.people.journal import Journal
from api.people.passwords import Passwords
from datastore import Datastore, open_datastore
from dpip.credentials import token_hash
from dpip.domain import ClaimedJob, Load, Machine, Placement, Role, Scope, Token, User, Worker, WorkerState
from dpip.ports import Report
from imaging import Limits
from storage import FolderStore
from tests.api.as_described import as_described
from tests.pictures import encode, photograph
from webhooks import Sealer

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the real one is slow on purpose
PASSWORD = "correct horse"
MAX_BYTES = 300_000
NEVER_S = 3600.0  # tests flush the journal themselves


@dataclass
class Heard:
    """An `Announcer` that remembers."""

    said: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def announce(self, topic: str, body: dict[str, str]) -> None:
        self.said.append((topic, body))


def name_service(host: str, _port: int) -> list[IPv4Address]:
    """What ends in `.inside` is, what ends in `.nowhere` is unknown, and all else is public."""
    if host.endswith(".nowhere"):
        raise OSError("name or service not known")
    return [IPv4Address("10.0.0.7" if host.endswith(".inside") else "203.0.114.7")]


@dataclass
class Time:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


def _as_clients_do(form: dict[str, Any]) -> tuple[bytes, str]:
    """A multipart body; werkzeug's test client leaves a line break out where a part is empty."""
    parts = {}
    for name, value in form.items():
        if isinstance(value, tuple):
            file, filename = value
            parts[name] = (filename, file if isinstance(file, bytes) else file.read())
        else:
            parts[name] = str(value)
    return encode_multipart_formdata(parts)


def another_app(parts: Parts, hasher: PasswordHasher = QUICK, **bounds: Any) -> Flask:
    """Over the same parts, with other bounds; it counts for itself."""
    changed = replace(parts, bounds=replace(parts.bounds, **bounds), counted=CollectorRegistry())
    return create_app(changed, Passwords(hasher))


@dataclass
class Api:
    """The application and everything around it, with the words that tests speak."""

    app: Flask
    parts: Parts
    datastore: Datastore
    images: Path
    database: Path
    heard: Heard
    clock: Time
    tokens: dict[str, str] = field(default_factory=dict)

    def login(self, name: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        return self.app.test_client().post("/login", auth=(name, password), **more)

    def bearer(self, name: str) -> dict[str, str]:
        if name not in self.tokens:
            self.tokens[name] = self.login(name).get_json()["token"]
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    def ask(self, method: str, path: str, user: str | None = "alice", **more: Any) -> TestResponse:
        headers = {**(self.bearer(user) if user else {}), **more.pop("headers", {})}
        if isinstance(more.get("data"), dict):
            more["data"], more["content_type"] = _as_clients_do(more["data"])
        streamed = path.endswith("/events")
        client = self.app.test_client()
        answer = client.open(path, method=method, headers=headers, buffered=not streamed, **more)
        if streamed and answer.status_code == HTTPStatus.OK:  # it would not end
            answer.close()
            return answer
        as_described(self.app).check(answer)
        return answer

    def workload(self, user: str = "alice", **fields: Any) -> dict[str, Any]:
        answer = self.ask("POST", "/workloads", user, json=fields)
        assert answer.status_code == 201, answer.text
        return dict(answer.get_json())

    def upload(
        self, workload_id: str, data: bytes, user: str = "alice", name: str = "a.jpg", **fields: Any
    ) -> TestResponse:
        form = {"workload_id": workload_id, **fields, "data": (io.BytesIO(data), name)}
        return self.ask("POST", "/images", user, data=form)

    def original(self, workload_id: str, data: bytes, user: str = "alice") -> str:
        answer = self.upload(workload_id, data, user)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["image_id"])

    def worker(self, name: str = "w1", tags: tuple[str, ...] = ()) -> Worker:
        """A worker that is registered, alive, and has a token under its name."""
        now = self.clock()
        worker = self.datastore.register.join(name, tags, Machine("host", 2, 4 << 30), "instance", now)
        load = Load(cpu_percent=12.5, memory_available=2 << 30, running_jobs=1)
        self.datastore.register.record([Report(worker.id, WorkerState.ALIVE, 1, load, now)])
        self.tokens[name] = f"token-of-{name}"
        token = Token(f"id-of-{name}", None, worker.id, name, frozenset({Scope.WORKER}), now, now + 1000)
        self.datastore.tokens.add(token, token_hash(self.tokens[name]))
        return worker

    def claim(self, image_id: str, worker: Worker) -> ClaimedJob:
        """Place a job, as a scheduler does."""
        now = self.clock()
        epoch = self.datastore.leadership.take("test", now, now) or 0
        placement = Placement(image_id, worker.id, "it is the only one")
        (claimed,) = self.datastore.queue.claim([placement], epoch, now, now + 60)
        return claimed

    def rows(self) -> dict[str, int]:
        with closing(sqlite3.connect(self.database)) as connection:
            names = ("workloads", "images", "jobs")
            return {
                name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
                for name in names
            }

    def files(self) -> list[str]:
        """Every file of the image space, unfinished uploads too."""
        return sorted(str(file.relative_to(self.images)) for file in self.images.rglob("*") if file.is_file())


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and three users; tests work on copies."""
    file = tmp_path_factory.mktemp("database") / "template.sqlite3"
    with open_datastore(f"sqlite:///{file}") as datastore:
        for name, role in (("admin", Role.ADMIN), ("alice", Role.USER), ("bob", Role.USER)):
            datastore.accounts.add_user(User(f"id-of-{name}", name, QUICK.hash(PASSWORD), role))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture
def api(empty_database: Path, tmp_path: Path) -> Iterator[Api]:
    database = tmp_path / "dpip.sqlite3"
    shutil.copy(empty_database, database)
    heard, clock, images = Heard(), Time(), tmp_path / "images"
    with open_datastore(f"sqlite:///{database}") as datastore:
        parts = Parts(
            accounts=datastore.accounts,
            tokens=datastore.tokens,
            audit=datastore.audit,
            journal=Journal(datastore.audit, datastore.tokens, clock, NEVER_S),
            catalog=datastore.catalog,
            videos=datastore.videos,
            queue=datastore.queue,
            register=datastore.register,
            leadership=datastore.leadership,
            history=datastore.history,
            receipts=datastore.receipts,
            store=FolderStore(images),
            announcer=heard,
            webhooks=datastore.webhooks,
            sealer=Sealer("a join token"),
            bounds=Bounds(limits=Limits(max_bytes=MAX_BYTES, max_megapixels=10), upload_wait_s=0.1),
            clock=clock,
            resolve=name_service,
        )
        yield Api(create_app(parts, Passwords(QUICK)), parts, datastore, images, database, heard, clock)
        parts.journal.close()


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A photograph of about 20 kB."""
    return encode(photograph(1, 0.06), "jpeg")
