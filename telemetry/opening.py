"""Whether traces are wanted, by the variables that OpenTelemetry has for it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from dpip.ports import NO_TRACES, Traces

_PREFIX = "OTEL_"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_OURS = "http/protobuf"

log = logging.getLogger(__name__)


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment is OpenTelemetry's; may hold a secret."""
    return {name: value for name, value in environment.items() if name.startswith(_PREFIX)}


def open_traces(component: str, environment: Mapping[str, str]) -> Traces:
    """Traces of this process, which starts a thread; none unless a receiver is named. To be called after a
    fork. What cannot work is a warning: no image waits for its trace."""
    if not _wanted(environment):
        return NO_TRACES
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), _OURS)
    if protocol != _OURS:
        log.warning("no traces: %s is not spoken here, only %s (port 4318, usually)", protocol, _OURS)
        return NO_TRACES
    try:
        from telemetry.otlp import OtlpTraces  # noqa: PLC0415 - large, and not installed everywhere
    except ImportError:
        log.warning("no traces: they need OpenTelemetry, pip install 'dpip[otel]'")
        return NO_TRACES
    return OtlpTraces(component)


def _wanted(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "otlp") not in {"", "otlp"}:
        return False
    return any(environment.get(name) for name in _ENDPOINTS)
