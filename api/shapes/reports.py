"""How results were made."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from api.shapes.common import Id, Moment
from api.shapes.work import Job

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Canonical = Annotated[str, Field(description="the pipeline that makes it, in its one canonical form")]
Notes = Annotated[list[str], Field(description="what it could not keep, for people")]


class Making(TypedDict):
    """What has a say in a result beside its original and its pipeline; null: an early release made it."""

    way: Annotated[str | None, Field(description="the way that was taken, for people")]
    notes: Notes
    codecs: Annotated[list[str] | None, Field(description="libraries with their versions")]


class Result(Making):
    """A filtered image and how it was made."""

    image_id: Id
    output: str
    pipeline: Canonical
    output_sha256: Sha256
    made_at: Moment | None


class ImageReport(TypedDict):
    """An original and its results, or one of them."""

    image_id: Annotated[Id, Field(description="that was asked for")]
    workload_id: Id
    original_id: Id
    name: Annotated[str | None, Field(description="the file's name, as it was uploaded")]
    input_sha256: Sha256
    results: list[Result]
    job: Job


class Made(Making):
    """How so many results were made alike."""

    images: Annotated[int, Field(ge=1)]


class NoteCount(TypedDict):
    """What so many results could not keep."""

    note: str
    images: Annotated[int, Field(ge=1)]


class WorkloadReport(TypedDict):
    """How all results of a workload were made."""

    workload_id: Id
    pipelines: Annotated[dict[str, Canonical], Field(description="of each output")]
    made: Annotated[list[Made], Field(description="most first")]
    notes: Annotated[list[NoteCount], Field(description="most first")]
