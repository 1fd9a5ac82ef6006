"""Stand-ins for time and for the bus."""

from __future__ import annotations


class FakeClock:
    """Time that passes when told."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Announcements:
    """An `Announcer` that writes down what it was told."""

    def __init__(self) -> None:
        self.made: list[tuple[str, dict[str, str]]] = []

    def announce(self, topic: str, body: dict[str, str]) -> None:
        self.made.append((topic, body))

    def take(self) -> list[tuple[str, dict[str, str]]]:
        taken, self.made = self.made, []
        return taken
