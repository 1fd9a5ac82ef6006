"""Schemathesis makes requests up; no answer may be a server's error, or other than it is described."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi import checks

from api.description.bodies import IMAGE_TYPES
from api.uploads import archives
from tests.pictures import encode, photograph

# A 500 is described nowhere, so the first of these finds it.
CHECKS: list[Any] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
STREAMS = frozenset({"GET /events", "GET /workloads/{workload_id}/events"})  # they do not end by themselves
ENDING = frozenset({"DELETE /logout", "DELETE /tokens/{token_id}", "PATCH /users/{user_name}"})  # logins
# The server answers these by itself; `tests/security/test_raw_http.py` asks them.
FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"}
)
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
Headers = Callable[[], dict[str, str]]
Things = dict[str, str]  # ids that there are, by the name of the path's parameter


def teach() -> None:
    """What schemathesis cannot make up by itself: files."""
    picture = encode(photograph(1, 0.01), "jpeg")
    files = st.one_of(st.just(picture), st.just(picture[:200]), st.binary(max_size=64))
    for media in {*IMAGE_TYPES, *archives.ZIP, *archives.TAR}:
        schemathesis.openapi.media_type(media, files)
    schemathesis.openapi.format("binary", files)


class Attack:
    """`cases` requests for each operation and mode. `make_things` makes what paths lead to."""

    def __init__(self, headers: Headers, make_things: Callable[[], Things], cases: int, number: int) -> None:
        self._headers, self._make_things = headers, make_things
        self._cases, self._seed = cases, number
        self._held: dict[str, str] = {}
        self._token_dies = False
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []

    def on(self, schema: BaseSchema, without: frozenset[str] = frozenset()) -> None:
        for operation in _operations(schema):
            if operation.label not in without:
                for mode in MODES:
                    self._one(operation, mode)

    def _one(self, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> None:
        if self._token_dies or not self._held:
            self._held = self._headers()
        self._token_dies = operation.label in ENDING
        headers = self._held
        things = self._make_things() if list(operation.path_parameters) else {}
        known = {one.name: things[one.name] for one in operation.path_parameters if one.name in things}
        requests = [operation.as_strategy(mode)]
        if known:
            requests.append(operation.as_strategy(mode, path_parameters=known))

        @seed(self._seed)
        @settings(
            max_examples=self._cases, database=None, deadline=None, suppress_health_check=list(HealthCheck)
        )
        @given(case=st.one_of(requests))
        def ask(case: Case) -> None:
            if case.headers:
                for name in [name for name in case.headers if name.lower() in FRAMING]:
                    del case.headers[name]
            answer = case.call(headers={**(case.headers or {}), **headers})
            self.statuses[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        try:
            ask()
        except Unsatisfiable:  # nothing can be wrong with a request that takes nothing
            return
        except (Exception, FailureGroup) as error:  # all that is wrong is told at the end
            self.wrong.append(f"{operation.label} ({mode.value}): {error}")


def _operations(schema: BaseSchema) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    for found in schema.get_all_operations():
        yield found.ok()
