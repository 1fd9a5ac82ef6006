"""How a worker that does not share the image store gets and delivers images: through the API."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from dpip.domain import DEFAULT_OUTPUT, ClaimedJob, ImageFacts, ImageKind, Making, Output, Timings
from dpip.errors import (
    DpipError,
    Fenced,
    Forbidden,
    Malformed,
    MissingBytes,
    NotReady,
    StorageFull,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unprocessable,
    UnsupportedFormat,
)
from dpip.ports import NO_TIME
from storage.exchange import Extension, key_of_result, usual_extension

_CONNECT_S = 5.0
_READ_S = 60.0  # between two pieces of an answer
_CONNECTIONS = 32  # kept open; more are opened when that many jobs are in transfer at once
_MAX_RETRY_AFTER_S = 60.0
_OK = range(200, 300)
_KINDS: Mapping[int, type[DpipError]] = {
    400: Malformed,
    401: Unauthenticated,
    403: Forbidden,
    413: TooLarge,
    415: UnsupportedFormat,
    422: Unprocessable,
    429: TooMany,
    507: StorageFull,
}
_FETCHING: Mapping[int, type[DpipError]] = {**_KINDS, 404: MissingBytes, 410: MissingBytes}
_DELIVERING: Mapping[int, type[DpipError]] = {**_KINDS, 404: Fenced, 409: Fenced, 410: Fenced}


class ApiExchange:
    """An `ImageExchange` over HTTP; any number of threads may use it at once.

    A connection that breaks is tried again a few times: fetching changes nothing, and delivering the
    same attempt twice stores the same bytes under the same key.
    """

    def __init__(
        self,
        api_url: str,
        token: str,
        extension: Extension = usual_extension,
        *,
        trusting: ssl.SSLContext | None = None,
    ) -> None:
        self._url = api_url.rstrip("/")
        self._extension = extension
        self._pool = PoolManager(
            maxsize=_CONNECTIONS,
            ssl_context=trusting,
            headers={"Authorization": f"Bearer {token}", "Accept": "*/*"},
            timeout=Timeout(connect=_CONNECT_S, read=_READ_S),
            retries=Retry(
                connect=3,
                read=2,
                other=0,
                status=0,
                respect_retry_after_header=False,
                backoff_factor=0.2,
                allowed_methods=None,
            ),
        )

    def fetch(self, claimed: ClaimedJob) -> bytes:
        return self._ask("GET", f"/images/{claimed.job.id}", None, _FETCHING).data

    def deliver(
        self,
        claimed: ClaimedJob,
        data: bytes,
        facts: ImageFacts,
        output: str = DEFAULT_OUTPUT,
        before: Sequence[Output] = (),
        *,
        last: bool = True,
        making: Making | None = None,
        timings: Timings = NO_TIME,
    ) -> str:
        extension = self._extension(facts.format).removeprefix(".")
        fields: dict[str, str | tuple[str, bytes]] = {
            "workload_id": claimed.job.workload_id,
            "type": ImageKind.FILTERED.value,
            "original_id": claimed.job.id,
            "attempt": str(claimed.attempt),
            "data": (f"{claimed.job.id}.{extension}", data),
        }
        if output != DEFAULT_OUTPUT:
            fields["output"] = output
        if not last:
            fields["final"] = "false"
        else:
            if timings.total:
                fields["timings"] = json.dumps(asdict(timings))
            if making is not None:
                fields["making"] = json.dumps(asdict(making))
        if last and before:
            fields["others"] = json.dumps([_other(one) for one in before])
        answer = _object(self._ask("POST", "/images", fields, _DELIVERING))
        return str(answer.get("key") or key_of_result(claimed, extension, output))

    def close(self) -> None:
        self._pool.clear()

    def _ask(
        self,
        method: str,
        path: str,
        fields: Mapping[str, str | tuple[str, bytes]] | None,
        kinds: Mapping[int, type[DpipError]],
    ) -> BaseHTTPResponse:
        try:
            response = self._pool.request(method, self._url + path, fields=fields, redirect=False)
        except HTTPError as error:
            raise NotReady(f"the API at {self._url} does not answer: {error}") from error
        if response.status in _OK:
            return response
        raise _error(method, path, response, kinds)


def _other(output: Output) -> dict[str, object]:
    making = {"making": asdict(output.making)} if output.making else {}
    return {"name": output.name, "key": output.key, **asdict(output.facts), **making}


def _error(
    method: str, path: str, response: BaseHTTPResponse, kinds: Mapping[int, type[DpipError]]
) -> DpipError:
    kind = kinds.get(response.status, NotReady)
    detail = f"{method} {path} was answered {response.status}: {_detail(response)}"
    if issubclass(kind, (NotReady, TooMany, StorageFull)):
        return kind(detail, _retry_after(response))
    return kind(detail)


def _detail(response: BaseHTTPResponse) -> str:
    return str(_object(response).get("detail") or response.reason or "no reason given")


def _object(response: BaseHTTPResponse) -> dict[str, Any]:
    try:
        body = json.loads(response.data)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(response: BaseHTTPResponse) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), _MAX_RETRY_AFTER_S) if text.isdigit() else 1.0
