"""The OpenAPI document, put together from an application's routes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import TypeAdapter
from werkzeug.routing import Rule

from api.description import bodies, filters
from api.description.calls import calls
from api.description.examples import EXAMPLES
from api.description.operation import JSON, Json, Needs, Operation, Parameter, needs_of, operation_of
from api.shapes import events
from api.shapes.common import Problem
from api.web.problems import MEDIA_TYPE, TITLES
from dpip import __version__

_ABOUT = """\
Filter many images on many machines. `POST /login` with user and password gives a token; send it with all \
else as `Authorization: Bearer <token>`. Make a workload, upload images to it, watch it, fetch the results.

Errors are `application/problem+json` (RFC 9457); `detail` says what was wrong and what would be right. \
Lists come in pages: send `next` of a page as `after`, until it is null."""
_PATH_PARAMETERS = {
    "workload_id": "a workload, as POST /workloads named it",
    "image_id": "an image, as its upload or its workload named it",
    "user_name": "a user",
    "video_id": "a video, as GET /videos names it",
    "token_id": "a token, as GET /tokens names it",
    "webhook_id": "a webhook, as GET /webhooks names it",
    "delivery_id": "a delivery, as the list of its webhook names it",
    "worker_id": "a worker, as GET /workers names it",
    "name": "a file's name",
}
_TAGS = {
    "session": "Log in and out",
    "workloads": "Make a workload, see how far it is, cancel it, resume it, delete it",
    "images": "Images in and out",
    "videos": "Videos in and out, frame by frame through the workers",
    "failures": "What failed for good and why; and another chance for it",
    "events": "News as they happen, over a stream that stays open or to a URL of yours",
    "system": "Status, workers, filters, health",
    "tokens": "Keys to the API, one for each program",
    "users": "Users and their quotas",
    "audit": "Who did what",
    "page": "The page for people, and this description",
}
_TAG_OF = {
    "changed_workload": "workloads",
    "listings": "images",
    "preview": "images",
    "removal": "images",
    "reports": "images",
    "metrics": "system",
    "history": "system",
    "replays": "failures",
    "description": "page",
    "webhooks": "events",
    "deliveries": "events",
}  # of blueprints that share one


def described(app: Flask) -> Iterator[tuple[str, str, Operation, Needs | None, Rule]]:
    """(method, path, what it is, who may, rule) of every route, in the order of their registration."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        told = operation_of(view)
        if told is not None:
            for method in sorted((rule.methods or set()) - {"HEAD"}):
                yield method, path_of(rule), told, needs_of(view), rule


def path_of(rule: Rule) -> str:
    """`/workloads/{workload_id}`, as OpenAPI writes a route."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def document(app: Flask) -> Json:
    """A fresh OpenAPI 3.1 document of all that `app` serves."""
    routes = list(described(app))
    shapes = _shapes([*events.TOLD, *(told.gives for _, _, told, _, _ in routes if told.gives is not None)])
    paths: Json = {}
    for method, path, told, needs, rule in routes:
        paths.setdefault(path, {})[method.lower()] = _operation(told, needs, rule)
    return {
        "openapi": "3.1.0",
        "info": {"title": "DPIP", "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "webhooks": calls(),
        "components": {
            "schemas": {**shapes, **bodies.schemas(), **filters.schemas()},
            "responses": {str(int(status)): _problem(status) for status in TITLES},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "from POST /login or /tokens"},
                "password": {"type": "http", "scheme": "basic", "description": "user name and password"},
            },
        },
    }


def _shapes(gives: Sequence[Any]) -> Json:
    wanted = {shape.__name__: shape for shape in [*gives, Problem] if hasattr(shape, "__name__")}
    _, found = TypeAdapter.json_schemas(
        [(name, "serialization", TypeAdapter(shape)) for name, shape in wanted.items()],
        ref_template=f"{filters.REFERENCE}{{model}}",
    )
    schemas: Json = found["$defs"]
    for name, schema in schemas.items():
        if name in EXAMPLES:
            schema["examples"] = [EXAMPLES[name]]
    return schemas


def _operation(told: Operation, needs: Needs | None, rule: Rule) -> Json:
    in_path = [_path_parameter(name) for name in sorted(rule.arguments)]
    made: Json = {
        "operationId": rule.endpoint.replace(".", "_"),
        "tags": [_tag(rule)],
        "summary": told.summary,
        "description": told.more,
        "parameters": [*in_path, *map(_parameter, told.parameters)],
        "security": _security(needs),
        "responses": _responses(told, needs, in_path=bool(in_path)),
    }
    if told.takes is not None:
        made["requestBody"] = {
            "required": told.takes.required,
            "content": {
                media: {"schema": schema, **_example(told.takes.examples.get(media))}
                for media, schema in told.takes.content.items()
            },
        }
    return {name: value for name, value in made.items() if value or name == "security"}


def _tag(rule: Rule) -> str:
    blueprint: str = rule.endpoint.partition(".")[0]
    return _TAG_OF.get(blueprint, blueprint)


def _path_parameter(name: str) -> Json:
    text = _PATH_PARAMETERS.get(name, name)
    return {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string"}}


def _parameter(told: Parameter) -> Json:
    return {"name": told.name, "in": told.place, "description": told.description, "schema": dict(told.schema)}


def _security(needs: Needs | None) -> list[Json]:
    if needs is None:
        return []
    if needs.password:
        return [{"password": []}]
    return [{"token": [*(["admin"] if needs.admin else []), scope]} for scope in needs.scopes]


def _responses(told: Operation, needs: Needs | None, *, in_path: bool) -> Json:
    content = {media: {"schema": _schema(told, media), **_example_of(told)} for media in told.media}
    answer: Json = {"description": told.summary, "content": content}
    if told.headers:
        answer["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in told.headers.items()
        }
    answers = {str(int(told.status)): answer}
    answers |= {str(int(status)): {"description": text} for status, text in told.also.items()}
    wrong = set(told.refuses)
    if needs is not None:
        wrong |= {401, 429, 503} if needs.password else {401, 403, 429, 503}
    if in_path:
        wrong.add(404)
    if told.parameters:
        wrong.add(400)
    if told.takes is not None:
        wrong |= {400, 408, 413}
    return answers | {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(wrong)}


def _schema(told: Operation, media: str) -> Json:
    if told.gives is None or media != JSON:
        return {"type": "string"} if media.startswith("text/") else {}
    if hasattr(told.gives, "__name__") and not hasattr(told.gives, "__origin__"):
        return {"$ref": f"{filters.REFERENCE}{told.gives.__name__}"}
    (item,) = told.gives.__args__
    return {"type": "array", "items": {"$ref": f"{filters.REFERENCE}{item.__name__}"}}


def _example(value: object) -> Mapping[str, object]:
    return {} if value is None else {"example": value}


def _example_of(told: Operation) -> Mapping[str, object]:
    return _example(EXAMPLES.get(getattr(told.gives, "__name__", "")))


def _problem(status: HTTPStatus) -> Json:
    title = TITLES[status]
    example = {
        "type": f"urn:dpip:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": int(status),
        "detail": "what was wrong, and what would be right",
        "instance": "/workloads",
    }
    schema = {"$ref": f"{filters.REFERENCE}{Problem.__name__}"}
    answer: Json = {"description": title, "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        answer["headers"] = {"Retry-After": {"description": "seconds to wait", "schema": {"type": "string"}}}
    return answer
