"""The upload service that people build: Flask takes the file, Celery filters it, Flask hands it out."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from flask import Flask, Response, jsonify, request, send_file

from benchmarks.rivals.celery_tasks import counters, filter_one

FOLDER = "BENCHMARK_FOLDER"  # environment variable: where the files go


def create_app() -> Flask:
    app = Flask("upload")
    folder = Path(os.environ[FOLDER])

    @app.post("/images")
    def upload() -> tuple[Response, int]:
        file = request.files["data"]
        batch, filter_name = request.form["batch"], request.form["filter"]
        name = f"{uuid.uuid4().hex}{Path(file.filename or '').suffix}"
        source = folder / f"original-{name}"
        file.save(source)
        filter_one.delay(str(source), str(folder / name), filter_name, batch)
        return jsonify(image=name), 201

    @app.get("/batches/<batch>")
    def progress(batch: str) -> Response:
        return jsonify(done=int(counters().get(batch) or 0))

    @app.get("/images/<name>")
    def download(name: str) -> Response:
        return send_file(folder / Path(name).name)

    return app
