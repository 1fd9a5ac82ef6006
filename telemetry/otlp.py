"""Steps of journeys as spans, sent by OTLP over HTTP in a thread of the library's own."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterable, Sequence

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_BSP_SCHEDULE_DELAY, OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision

from dpip import __version__, journey
from dpip.journey import Parent, Step

SENT_WITHIN_MS = 500  # unless OpenTelemetry's own variable says otherwise
CLOSED_WITHIN_S = 2.0
COMPLAINS_EVERY_S = 60.0
_NS = 1_000_000_000
_FLAGS = otel.TraceFlags(otel.TraceFlags.SAMPLED)

log = logging.getLogger(__name__)


class OtlpTraces:
    """`dpip.ports.Traces`. Samplers, queues and the receiver are as OpenTelemetry's variables say."""

    on = True

    def __init__(self, component: str) -> None:
        service = f"{os.environ.get(OTEL_SERVICE_NAME) or 'dpip'}-{component}"
        about: dict[str, str | int] = {
            "service.name": service,
            "service.version": __version__,
            "host.name": socket.gethostname(),
            "process.pid": os.getpid(),
        }
        self._ids = _Ids()
        self._provider = TracerProvider(
            resource=Resource.create({**about}),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        delay = None if os.environ.get(OTEL_BSP_SCHEDULE_DELAY) else SENT_WITHIN_MS
        self._provider.add_span_processor(
            BatchSpanProcessor(_Sparse(OTLPSpanExporter()), schedule_delay_millis=delay)
        )
        self._tracer = self._provider.get_tracer("dpip", __version__)

    def tell(self, steps: Iterable[Step]) -> None:
        try:
            for step in steps:
                self._tell(step)
        except Exception:  # whatever becomes of a trace, its image goes on
            log.debug("steps were not told", exc_info=True)

    def close(self) -> None:
        closing = threading.Thread(target=self._provider.shutdown, name="end-of-traces", daemon=True)
        closing.start()
        closing.join(CLOSED_WITHIN_S)

    def _tell(self, step: Step) -> None:
        whole = journey.trace_id(step.image_id, step.given)
        links = []
        if step.under is not None:
            above: Parent | None = journey.parent(step.under)
            root = journey.span_id(step.image_id, journey.ROOT)
            links.append(otel.Link(_context(Parent(whole, root, sampled=True))))
        else:
            above = journey.parent(step.given) if step.given else None
            if not self._is_taken(whole, above):
                return
            if step.within is not None:
                above = Parent(whole, journey.span_id(step.image_id, step.within), sampled=True)
        self._ids.lay_down(whole, journey.span_id(step.image_id, step.key))
        span = self._tracer.start_span(
            step.name,
            _within(above),
            _KINDS.get(step.name, otel.SpanKind.INTERNAL),
            {"dpip.image_id": step.image_id, **step.about},
            links,
            start_time=int(step.began * _NS),
            record_exception=False,
        )
        if step.failure is not None:
            span.set_status(otel.Status(otel.StatusCode.ERROR, step.failure))
        span.end(int(max(step.began, step.ended) * _NS))

    def _is_taken(self, whole: int, given: Parent | None) -> bool:
        """By the trace's id and what the client said, so all processes decide alike."""
        sampled = self._provider.sampler.should_sample(_within(given), whole, journey.ROOT)
        return sampled.decision is Decision.RECORD_AND_SAMPLE


_KINDS = {
    "upload": otel.SpanKind.SERVER,
    "download": otel.SpanKind.SERVER,
    "job": otel.SpanKind.CONSUMER,
    "place": otel.SpanKind.PRODUCER,
}


class _Ids(IdGenerator):
    """Gives out the ids that were laid down by the thread that asks."""

    def __init__(self) -> None:
        self._laid_down = threading.local()

    def lay_down(self, trace_id: int, span_id: int) -> None:
        self._laid_down.ids = trace_id, span_id

    def generate_trace_id(self) -> int:
        return int(self._laid_down.ids[0])

    def generate_span_id(self) -> int:
        return int(self._laid_down.ids[1])


class _Sparse(SpanExporter):
    """Says once in a while that nothing gets through, instead of at each try."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._silent_until = float("-inf")
        logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        now = time.monotonic()
        if result is not SpanExportResult.SUCCESS and now >= self._silent_until:
            self._silent_until = now + COMPLAINS_EVERY_S
            log.warning("traces do not get through to the receiver that OTEL_EXPORTER_OTLP_ENDPOINT names")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def _context(one: Parent) -> otel.SpanContext:
    flags = _FLAGS if one.sampled else otel.TraceFlags.get_default()
    return otel.SpanContext(one.trace_id, one.span_id, is_remote=True, trace_flags=flags)


def _within(above: Parent | None) -> Context:
    """An empty one for a root: never what happens to be current in this thread."""
    return (
        Context()
        if above is None
        else otel.set_span_in_context(otel.NonRecordingSpan(_context(above)), Context())
    )
