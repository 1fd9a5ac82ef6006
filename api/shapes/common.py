"""What shapes are made of."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

Moment = Annotated[
    str, Field(json_schema_extra={"format": "date-time"}, description="a time in UTC, ISO 8601")
]
Cursor = Annotated[
    str | None, Field(description="what to send as `after` for the next page; null at the end")
]
Id = Annotated[
    str, Field(description="opaque; safe in a path and as a file name", pattern="^[0-9A-Za-z_-]+$")
]


class Problem(TypedDict):
    """What went wrong, and what would be right: `application/problem+json` of RFC 9457."""

    type: Annotated[str, Field(description="which kind of problem, for programs")]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Annotated[str, Field(description="a sentence or two for people")]
    instance: Annotated[str, Field(description="the path that was asked for")]
    incident: NotRequired[Annotated[str, Field(description="where the server's log has more")]]
    checks: NotRequired[Annotated[dict[str, str], Field(description="of /health/ready: each part")]]
