"""Client of DPIP, the distributed image processing service: `Client`, and `AsyncClient` for event loops.

`dpip_client.webhooks` is for programs that DPIP calls.
"""

from __future__ import annotations

from dpip_client.aio import AsyncClient
from dpip_client.connecting import Options
from dpip_client.errors import DpipError
from dpip_client.hooks import Delivery, Webhook
from dpip_client.models import Failure, Image, Job, Result, Sent, Video, Worker, Workload
from dpip_client.retrying import Patience
from dpip_client.sync import Client

__version__ = "0.1.0"

__all__ = [
    "AsyncClient",
    "Client",
    "Delivery",
    "DpipError",
    "Failure",
    "Image",
    "Job",
    "Options",
    "Patience",
    "Result",
    "Sent",
    "Video",
    "Webhook",
    "Worker",
    "Workload",
]
