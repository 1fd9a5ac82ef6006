"""How much a worker may have in flight: enough that it never idles, no more than it will soon do."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.seat import Seat

WINDOW_S = 0.25  # seconds of predicted work that each core may have waiting, so that it never idles
REFILL = 0.5  # of a full window: what is left when more is sent, so that calls are few and large
WINDOW_MAX_JOBS_PER_CORE = 128  # however small they are
MOMENT_S = 0.25  # a core that is free within this time is as good as free
MEMORY_MARGIN = 0.9  # of what is free; the rest is for what estimates miss


@dataclass(slots=True)
class Window:
    """One job more than there are cores, or as many as make `WINDOW_S` of work for each core.

    A worker of which nothing was measured (`probing`) gets no more than the former.
    """

    cores: int
    flights: int
    backlog_s: float
    probing: bool = False

    @classmethod
    def of(cls, seat: Seat, *, probing: bool = False) -> Window:
        return cls(seat.cores, seat.flights, seat.backlog_s, probing)

    @property
    def open(self) -> bool:
        if self.flights <= self.cores:
            return True
        if self.probing:
            return False
        return self.backlog_s < WINDOW_S * self.cores and self.flights < WINDOW_MAX_JOBS_PER_CORE * self.cores

    def add(self, predicted_s: float) -> None:
        self.flights += 1
        self.backlog_s += predicted_s


def has_room(seat: Seat) -> bool:
    """Whether it is time to fill this worker's window."""
    window = Window.of(seat)
    return window.flights <= window.cores or (
        window.backlog_s < REFILL * WINDOW_S * window.cores
        and window.flights < REFILL * WINDOW_MAX_JOBS_PER_CORE * window.cores
    )
