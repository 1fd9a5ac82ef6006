"""The description is valid, complete, and true. Every answer in the tests of the API is held against it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.description.document import described
from api.description.examples import EXAMPLES
from dpip.domain import WebhookEvent
from imaging import catalogue, parse_plan, plan_from_json
from tests.api.as_described import Description, as_described
from tests.api.conftest import Api
from tests.api.test_routes import inventory


@pytest.fixture
def description(api: Api) -> Description:
    return as_described(api.app)


def operations(description: Description) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): told
        for path, methods in description.told["paths"].items()
        for method, told in methods.items()
    }


def test_it_is_valid_and_open_to_everybody(api: Api) -> None:
    answer = api.ask("GET", "/openapi.json", None)
    assert not list(OpenAPIV31SpecValidator(answer.get_json()).iter_errors())
    again = api.ask("GET", "/openapi.json", None, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_every_route_is_described_and_nothing_else(api: Api, description: Description) -> None:
    routes = {(method, re.sub("<([a-z_]+)>", r"{\1}", rule)) for method, rule in inventory(api)}
    assert set(operations(description)) == routes


def test_who_may_ask_is_what_the_guard_says(api: Api, description: Description) -> None:
    told = operations(description)
    for method, path, _, needs, _ in described(api.app):
        assert bool(told[method, path]["security"]) == (needs is not None), f"{method} {path}"


def test_examples_are_true(description: Description) -> None:
    schemas = description.told["components"]["schemas"]
    assert set(EXAMPLES) <= set(schemas)
    for name, example in EXAMPLES.items():
        description.matches({"$ref": f"#/components/schemas/{name}"}, example)
    for told in operations(description).values():
        for content in told.get("requestBody", {}).get("content", {}).values():
            if "example" in content:
                description.matches(content["schema"], content["example"])


def test_calls_to_webhooks_are_described(description: Description) -> None:
    told = description.told["webhooks"]
    assert set(told) == {event.value for event in WebhookEvent}
    for event, methods in told.items():
        content = methods["post"]["requestBody"]["content"]["application/json"]
        if "example" in content:
            assert content["example"]["type"] == event
            description.matches(content["schema"], content["example"])


def test_filters_are_those_of_the_catalogue(description: Description) -> None:
    step = {"$ref": "#/components/schemas/Step"}
    for one in catalogue():
        told = description.told["components"]["schemas"][f"filter.{one.name}"]
        assert set(told["properties"]) == {"filter", *one.parameters["properties"]}
    description.matches(step, {"filter": "blur", "sigma": 5})
    description.matches(step, "grayscale")
    assert (
        plan_from_json([{"filter": "blur", "sigma": 5}], {}).canonical
        == parse_plan("blur:sigma=5", {}).canonical
    )


def test_fields_of_requests_are_taken(api: Api, description: Description) -> None:
    """The examples, sent as they stand."""
    sent = 0
    for (method, path), told in operations(description).items():
        body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in body:
            to = path.format(user_name="bob", workload_id=api.workload()["workload_id"])
            answer = api.ask(method, to, "admin", json=body["example"])
            assert answer.status_code in {200, 201}, answer.text
            sent += 1
    assert sent >= 4
