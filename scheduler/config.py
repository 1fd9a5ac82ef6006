"""Settings of the scheduler."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from dpip.priority import AGEING_S
from dpip.settings import Common, parse_address

RAY_AUTO = "auto"  # use the local head if one runs, else start one and own it
RAY_WAIT = "wait"  # wait for a local head that somebody else starts


def _ray_address(text: str) -> str:
    if text not in {RAY_AUTO, RAY_WAIT}:
        try:
            parse_address(text)
        except ValueError:
            raise ValueError(f"{text!r} is neither auto, nor wait, nor an address as host:port") from None
    return text


class SchedulerSettings(Common):
    """Place jobs on workers and keep their state."""

    ray_address: Annotated[str, AfterValidator(_ray_address)] = Field(
        RAY_AUTO,
        description="GCS of the Ray cluster as host:port; auto uses the local head or starts one, "
        "wait waits for the local head",
    )
    lease_s: float = Field(60.0, gt=1, description="seconds a job stays a silent worker's")
    leader_term_s: float = Field(
        4.0, gt=1, description="seconds until another scheduler takes over a dead one's work"
    )
    poll_s: float = Field(2.0, gt=0, description="seconds between looks for work that no hint told of")
    ageing_s: float = Field(
        AGEING_S, gt=0, description="seconds of waiting that count as one step of a workload's priority"
    )
    max_attempts: int = Field(5, ge=1, description="attempts at a job that fails for passing reasons")
