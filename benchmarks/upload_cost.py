"""CPU time of one request within the application, by function: `python -m benchmarks.upload_cost [COUNT]`.

The real application over the real datastore (SQLite) and folder store, called in this process without a
server and without Ray: what is measured does not depend on what else the machine does. Then the same
under the profiler, which costs time itself: read its shares, not its milliseconds.
"""

from __future__ import annotations

import cProfile
import io
import pstats
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from werkzeug.test import run_wsgi_app

from api.app import create_app
from api.parts import Parts
from api.people.journal import Journal
from benchmarks.lean_http import MULTIPART, form
from benchmarks.picture_sets import picture_set
from datastore import Datastore, open_datastore
from dpip import ids
from dpip.credentials import token_hash
from dpip.domain import Role, Token, User, Workload, login_scopes
from storage import FolderStore
from webhooks import Sealer

TOKEN = "benchmark"  # noqa: S105 - of a datastore that is gone a moment later
_SHOWN = 45


class _Nobody:
    def announce(self, topic: str, body: dict[str, str]) -> None:
        """Hints cost what they cost elsewhere."""


def application(folder: Path) -> tuple[Flask, Datastore, str]:
    """An application with one user and one workload; the last is the workload's id."""
    datastore = open_datastore(f"sqlite:///{folder / 'dpip.sqlite3'}")
    now = time.time()
    datastore.accounts.add_user(User("u", "user", "", Role.USER))
    token = Token("t", "u", None, "benchmark", login_scopes(Role.USER), now, now + 3600)
    datastore.tokens.add(token, token_hash(TOKEN))
    workload = Workload(ids.time_ordered_id(now), "workload", "u", "grayscale", (), now)
    datastore.catalog.create_workload(workload)
    parts = Parts(
        accounts=datastore.accounts,
        tokens=datastore.tokens,
        audit=datastore.audit,
        journal=Journal(datastore.audit, datastore.tokens, time.time),
        catalog=datastore.catalog,
        videos=datastore.videos,
        queue=datastore.queue,
        register=datastore.register,
        leadership=datastore.leadership,
        history=datastore.history,
        receipts=datastore.receipts,
        store=FolderStore(folder / "images"),
        announcer=_Nobody(),
        webhooks=datastore.webhooks,
        sealer=Sealer(secrets.token_hex(32)),
    )
    return create_app(parts), datastore, workload.id


def call(app: Flask, method: str, path: str, body: bytes = b"", content_type: str = "") -> None:
    """One request. Raises RuntimeError unless it succeeds."""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Bearer {TOKEN}",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    pieces, status, _ = run_wsgi_app(app, environ)
    text = b"".join(pieces)
    if not status.startswith("2"):
        raise RuntimeError(f"{method} {path}: {status} {text[:300]!r}")


def measured(what: str, count: int, once: Callable[[], None]) -> None:
    for _ in range(10):
        once()
    began = time.process_time()
    for _ in range(count):
        once()
    print(f"{what:<32}{1000 * (time.process_time() - began) / count:8.3f} ms of CPU")


def main(arguments: list[str]) -> None:
    count = int(arguments[0]) if arguments else 500
    with tempfile.TemporaryDirectory(prefix="dpip-bench-") as folder:
        app, datastore, workload = application(Path(folder))
        small, large = picture_set("small", 200).files[0], picture_set("large", 1).files[0]
        fields = {"workload_id": workload, "type": "original"}
        body = b"".join(form(small.name, small.read_bytes(), fields))
        large_body = b"".join(form(large.name, large.read_bytes(), fields))
        try:
            measured("GET /health/live", count, lambda: call(app, "GET", "/health/live"))
            measured("GET /workloads/{id}", count, lambda: call(app, "GET", f"/workloads/{workload}"))

            def upload() -> None:
                call(app, "POST", "/images", body, MULTIPART)

            measured(f"POST /images, {len(body) / 1e3:.0f} kB", count, upload)
            many = lambda: call(app, "POST", "/images", large_body, MULTIPART)  # noqa: E731
            measured(f"POST /images, {len(large_body) / 1e6:.1f} MB", max(count // 20, 5), many)
            profile = cProfile.Profile()
            profile.enable()
            for _ in range(count):
                upload()
            profile.disable()
            pstats.Stats(profile).sort_stats("cumulative").print_stats(_SHOWN)
            pstats.Stats(profile).sort_stats("tottime").print_stats(_SHOWN // 2)
        finally:
            datastore.close()


if __name__ == "__main__":
    main(sys.argv[1:])
