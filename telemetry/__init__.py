"""Images' journeys as OpenTelemetry traces, where somebody wants them.

The extra `otel` brings the libraries; nothing of them is loaded unless the environment names a receiver.
"""

from telemetry.opening import open_traces, variables

__all__ = ["open_traces", "variables"]
