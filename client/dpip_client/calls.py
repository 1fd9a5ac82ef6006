"""One request and what its answer means: values, no sockets. Both faces send them, each in its way."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

from dpip_client.errors import NotDpip, error_of
from dpip_client.models import Json

T = TypeVar("T")
KEY = "Idempotency-Key"


class Body(Protocol):
    """Bytes to send, as often as asked for: a request may have to be repeated."""

    @property
    def content_type(self) -> str: ...
    @property
    def length(self) -> int: ...
    def pieces(self) -> Any:
        """An iterator over the bytes, from the beginning."""


class Sink(Protocol):
    """Where the bytes of a download go."""

    def begin(self) -> None:
        """From the beginning: what was written before is forgotten."""

    def write(self, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` by lower-case name; of a download, the body went to the sink."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    seconds: float = 0.0  # from sending to the last byte


@dataclass(frozen=True, slots=True)
class Broken:
    """No answer came. `sent`: the server may have acted on the request all the same."""

    why: str
    sent: bool
    hopeless: bool = False  # trying again cannot help: a wrong certificate, a URL that is none


Outcome: TypeAlias = Answer | Broken | None


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request; `read` makes its answer what the caller gets."""

    method: str
    path: str
    read: Callable[[Answer], T]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    sink: Sink | None = None
    anonymous: bool = False

    @property
    def repeatable(self) -> bool:
        """Sent twice, it does once what it does."""
        return self.method in {"GET", "PUT", "DELETE"} or KEY in self.headers

    def keyed(self, key: str | None) -> Call[T]:
        """With an idempotency key, made up where none is given: the server acts on a key once."""
        return replace(self, headers={**self.headers, KEY: key or secrets.token_urlsafe(18)})

    def result(self, answer: Answer) -> T:
        """Raises the error that the answer stands for, and `NotDpip` for one that makes no sense."""
        error = error_of(answer.status, answer.headers, answer.body)
        if error is not None:
            raise error
        try:
            return self.read(answer)
        except (ValueError, KeyError, TypeError) as wrong:
            raise NotDpip(
                f"{self.method} {self.path}: the answer is not one of DPIP's; is the URL that of its API?",
                answer.status,
            ) from wrong


@dataclass(frozen=True, slots=True)
class JsonBody:
    """An object as JSON."""

    value: Mapping[str, Any]
    content_type: str = "application/json"

    @property
    def data(self) -> bytes:
        return json.dumps(self.value).encode()

    @property
    def length(self) -> int:
        return len(self.data)

    def pieces(self) -> Any:
        return iter([self.data])


def path(*parts: str, **query: object) -> str:
    """A path with every part quoted; queries that are None are left out."""
    given = {name: str(value) for name, value in query.items() if value is not None}
    joined = "".join(f"/{quote(part, safe='')}" for part in parts)
    return f"{joined}?{urlencode(given)}" if given else joined


def loaded(answer: Answer) -> Json:
    """The JSON object of an answer. Raises ValueError for anything else."""
    value = json.loads(answer.body)
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 - it becomes NotDpip
    return value


def news_in(line: str) -> Json | None:
    """What a line of a stream of events tells, if anything."""
    if not line.startswith("data: "):
        return None
    try:
        told = json.loads(line.removeprefix("data: "))
    except ValueError:
        return None
    return told if isinstance(told, dict) and "status" in told else None
