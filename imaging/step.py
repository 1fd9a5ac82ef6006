"""The base of what a pipeline is made of."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Step(BaseModel):
    """A step of a pipeline: its class says what it does, its fields are the parameters.

    Fields carry ranges, units and defaults. Steps are frozen, and equal when of the same class with the
    same values.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    summary: ClassVar[str]  # a line
    example: ClassVar[str] = ""  # settings that show well what it does; none: its defaults do
