"""Every answer that a test gets is held against the API's description of itself."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.test import TestResponse

from api.description.document import document, path_of


class Description:
    """The description, with a check of answers. Shapes are closed: what is not described must not come."""

    def __init__(self, told: dict[str, Any], urls: Map) -> None:
        self.told = told
        self._urls = urls
        self._validators: dict[str, Any] = {}
        closed = {
            name: {**schema, "additionalProperties": False}
            if schema.get("type") == "object" and "properties" in schema
            else schema
            for name, schema in told["components"]["schemas"].items()
        }
        self._components = {**told["components"], "schemas": closed}

    def check(self, answer: TestResponse) -> None:
        """Status, media type and body are described for the route that was asked."""
        operation = self._operation(answer)
        if operation is None:
            return
        status = str(answer.status_code)
        if status == "500":  # only where a test breaks something on purpose; nothing else may
            return
        assert status in operation["responses"], (
            f"{operation['operationId']} answered {status}: {answer.text}"
        )
        described = operation["responses"][status]
        if "$ref" in described:
            described = self.told["components"]["responses"][described["$ref"].rpartition("/")[2]]
        content = described.get("content")
        if not content or not answer.data:
            return
        media = answer.mimetype if answer.mimetype in content else "*/*"
        assert media in content, f"{operation['operationId']} answered with {answer.mimetype}"
        if answer.mimetype.endswith("json"):
            self.matches(content[media]["schema"], answer.get_json(force=True))

    def matches(self, schema: dict[str, Any], value: object) -> None:
        key = str(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.validator_for(
                {**schema, "components": self._components}, validate_formats=True
            )
        self._validators[key].validate(value)

    def _operation(self, answer: TestResponse) -> dict[str, Any] | None:
        asked = answer.request
        method = "GET" if asked.method == "HEAD" else asked.method
        try:
            rule = self._urls.bind("").match(asked.path, method, return_rule=True)[0]
        except HTTPException:
            return None
        return dict(self.told["paths"][path_of(rule)][method.lower()])


_DESCRIPTIONS: list[Description] = []


def as_described(app: Flask) -> Description:
    """Made once: all applications have the same routes."""
    if not _DESCRIPTIONS:
        _DESCRIPTIONS.append(Description(document(app), app.url_map))
    return _DESCRIPTIONS[0]
