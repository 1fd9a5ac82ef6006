"""What one serving process counts beside its requests: its end of the bus, and its uses of the datastore."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)

_KNOWN = {"hint": ("sent", "dropped"), "announcement": ("received", "refused")}


class Counts:
    """Any thread may count."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._messages = Counter(
            "dpip_bus_messages",
            "Messages of the bus, as the API sees them.",
            ("kind", "outcome"),
            registry=registry,
        )
        for kind, outcomes in _KNOWN.items():
            for outcome in outcomes:
                self._messages.labels(kind, outcome)  # a count of 0 is shown, too
        self._reconnects = Counter(
            "dpip_bus_reconnects", "Times that the API heard the controller anew.", registry=registry
        )
        self._datastore = Histogram(
            "dpip_datastore_use_seconds",
            "Uses of the database by the API, with their waits.",
            ("kind",),
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._uses = {kind: self._datastore.labels(kind) for kind in ("read", "write")}

    def message(self, kind: str, outcome: str) -> None:
        """A `bus.tally.Count`."""
        self._messages.labels(kind, outcome).inc()

    def reconnected(self) -> None:
        """The controller is there again, or for the first time."""
        self._reconnects.inc()

    def used(self, kind: str, seconds: float) -> None:
        """A `datastore.Watch`."""
        self._uses[kind].observe(seconds)
