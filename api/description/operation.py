"""What a view says of itself, beside its route."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])
Json = dict[str, Any]
JSON = "application/json"
UNCHANGED = {HTTPStatus.NOT_MODIFIED: "the client has it already"}

_OPERATION, _NEEDS = "__operation__", "__needs__"


@dataclass(frozen=True, slots=True)
class Parameter:
    """Of the query or a header."""

    name: str
    description: str
    schema: Mapping[str, Any]
    place: str = "query"


@dataclass(frozen=True, slots=True)
class Body:
    """What may be sent: schemas by media type, and an example of some of them."""

    content: Mapping[str, Any]
    examples: Mapping[str, Any] = field(default_factory=dict)  # by media type
    required: bool = True


@dataclass(frozen=True, slots=True)
class Needs:
    """Who may ask: a token with one of these scopes (of an administrator), or a password."""

    scopes: tuple[str, ...] = ()
    admin: bool = False
    password: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """`gives` is a shape, or None for bytes of the `media` types; `refuses` are statuses besides those that
    follow from the route itself."""

    summary: str
    gives: Any = None
    status: HTTPStatus = HTTPStatus.OK
    media: tuple[str, ...] = (JSON,)
    takes: Body | None = None
    parameters: tuple[Parameter, ...] = ()
    refuses: tuple[int, ...] = ()
    also: Mapping[HTTPStatus, str] = field(default_factory=dict)  # other answers that succeed
    headers: Mapping[str, str] = field(default_factory=dict)
    more: str = ""  # what a line does not hold


def operation(summary: str, **said: Any) -> Callable[[View], View]:
    """Decorates a view, outside of its guard; `said` are the fields of `Operation`."""

    def describe(view: View) -> View:
        setattr(view, _OPERATION, Operation(summary, **said))
        return view

    return describe


def guarded(view: View, needs: Needs) -> View:
    """What a guard says of a view that it guards."""
    setattr(view, _NEEDS, needs)
    return view


def operation_of(view: Callable[..., Any]) -> Operation | None:
    found = getattr(view, _OPERATION, None)
    return found if isinstance(found, Operation) else None


def needs_of(view: Callable[..., Any]) -> Needs | None:
    """None: anybody may ask."""
    found = getattr(view, _NEEDS, None)
    return found if isinstance(found, Needs) else None
