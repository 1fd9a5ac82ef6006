"""What the API stands on, for Prometheus: the image store and the controller with its bus."""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from api.parts import Parts
from bus.messages import Ping, Pong
from dpip.errors import DpipError


def of_store(parts: Parts) -> Iterator[Metric]:
    """Room, as the machine of this API sees it. A store that cannot be used says nothing."""
    try:
        space = parts.store.space()
    except DpipError:
        return
    if space is not None:
        free, total = "Free where the image store is.", "Size of where the image store is."
        yield GaugeMetricFamily("dpip_store_free_bytes", free, value=space.free_bytes)
        yield GaugeMetricFamily("dpip_store_size_bytes", total, value=space.total_bytes)


def of_controller(parts: Parts) -> Iterator[Metric]:
    """What the controller tells of itself, over the bus: so this is a look at the bus, too."""
    if parts.ask is None:
        return
    begun = time.perf_counter()
    try:
        pong = parts.ask(Ping())
    except DpipError:
        pong = None
    took = time.perf_counter() - begun
    there = isinstance(pong, Pong)
    yield GaugeMetricFamily("dpip_controller_answers", "1 while it does, over the bus.", value=float(there))
    if not isinstance(pong, Pong):
        return
    yield GaugeMetricFamily("dpip_bus_seconds", "From a question on the bus to its answer.", value=took)
    messages = CounterMetricFamily(
        "dpip_controller_bus_messages",
        "Messages of the bus, as the controller sees them.",
        labels=("kind", "outcome"),
    )
    for what, count in sorted(pong.messages.items()):
        kind, _, outcome = what.partition(" ")
        messages.add_metric((kind, outcome), count)
    yield messages
    if pong.stored_bytes is not None and pong.stored_files is not None:
        used, files = "Of images, when the store was last swept.", "Images, when the store was last swept."
        yield GaugeMetricFamily("dpip_store_used_bytes", used, value=pong.stored_bytes)
        yield GaugeMetricFamily("dpip_store_files", files, value=pong.stored_files)
