"""What the application is made of: the ports it stands on and the bounds it keeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from api.events.news import News
from api.people.journal import Journal
from api.web.proxies import Network
from bus.messages import Reply, Request
from dpip.domain import NO_QUOTA, Quota
from dpip.ports import (
    NO_TRACES,
    Accounts,
    Announcer,
    AuditTrail,
    Catalog,
    Clock,
    History,
    ImageStore,
    JobQueue,
    Leadership,
    Receipts,
    Tokens,
    Traces,
    Videos,
    Webhooks,
    WorkerRegister,
)
from film import VideoLimits
from imaging import Limits
from imaging.previews import Previews
from webhooks import Allowance, Resolve, Sealer, resolve

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is taken at once, and for how long a token lives."""

    limits: Limits = field(default_factory=Limits)
    token_s: float = 24 * HOUR_S
    idempotency_s: float = 24 * HOUR_S  # how long answers are remembered by their keys
    requests_per_second: float = 0.0  # of one user, in this process; 0: any number
    strangers_per_second: float = 0.0  # requests without a live token from one address, likewise
    quota: Quota = NO_QUOTA  # of users who have none of their own
    uploads_at_once: int = 16
    videos_at_once: int = 4  # that are uploaded, and as many wait for their turn
    video_limits: VideoLimits = field(default_factory=VideoLimits)
    max_archive_bytes: int = 4 * 2**30  # of a zip, which waits in the store until it is whole
    uploads_waiting: int = 8  # for their turn, each with a thread; more get 429 at once
    upload_wait_s: float = 10.0  # for a turn, also to download; then 429
    form_wait_s: float = 2.0
    downloads_at_once: int = 32  # a client that reads slowly holds a thread all the while
    downloads_waiting: int = 8
    streams_at_once: int = 16  # of events; each holds a thread while it is open
    forms_at_once: int = 4  # bodies without a file; a client may send half of one and stop
    forms_waiting: int = 4
    courtesies_at_once: int = 4  # bodies of refused requests that are read to their end at the same time
    courtesies_waiting: int = 4
    trusted_proxies: tuple[Network, ...] = ()  # whose word on who asks is taken
    stall_s: float = 30.0  # a request whose body stops for so long is ended
    min_bytes_per_second: float = 0.0  # of a body, on average over as long; 0: any
    previews_at_once: int = 2
    previews_waiting: int = 4
    webhooks_per_user: int = 20
    webhook_allowance: Allowance = field(default_factory=Allowance)
    max_attempts: int = 5  # of a job; a delivered result never uses one up


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that `create_app` needs."""

    accounts: Accounts
    tokens: Tokens
    audit: AuditTrail
    journal: Journal
    catalog: Catalog
    videos: Videos
    queue: JobQueue
    register: WorkerRegister
    leadership: Leadership
    history: History
    receipts: Receipts
    store: ImageStore
    announcer: Announcer
    webhooks: Webhooks
    sealer: Sealer
    bounds: Bounds = field(default_factory=Bounds)
    previews: Previews | None = None
    news: News = field(default_factory=News)
    traces: Traces = NO_TRACES
    ask: Callable[[Request], Reply] | None = None  # questions to the controller; None: there is none
    counted: CollectorRegistry = field(default_factory=CollectorRegistry)  # what this process counts
    clock: Clock = time.time
    resolve: Resolve = resolve  # of hosts of webhooks
