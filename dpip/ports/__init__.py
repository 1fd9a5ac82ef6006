"""What the processes need of the world, as protocols. Adapters live in storage/, datastore/ and bus/."""

from dpip.ports.accounts import Accounts, LoginFailures, Tokens
from dpip.ports.audit import AuditFilter, AuditTrail
from dpip.ports.bus import Announcer
from dpip.ports.catalog import Catalog, NewOriginal
from dpip.ports.history import Backlog, Done, History, Throughput, Use
from dpip.ports.images import NO_TIME, ImageExchange, ImageStore, Space, StoredBytes, Upload
from dpip.ports.paging import Clock, Page
from dpip.ports.queue import JobQueue, Leadership, Waiting
from dpip.ports.receipts import Answer, Hold, Part, Receipt, Receipts, Remembered
from dpip.ports.register import ApiEndpoints, Report, Sample, WorkerRegister
from dpip.ports.traces import NO_TRACES, Traces
from dpip.ports.videos import NewVideo, Videos
from dpip.ports.webhooks import DueWebhook, Outbox, Webhooks

__all__ = [
    "NO_TIME",
    "NO_TRACES",
    "Accounts",
    "Announcer",
    "Answer",
    "ApiEndpoints",
    "AuditFilter",
    "AuditTrail",
    "Backlog",
    "Catalog",
    "Clock",
    "Done",
    "DueWebhook",
    "History",
    "Hold",
    "ImageExchange",
    "ImageStore",
    "JobQueue",
    "Leadership",
    "LoginFailures",
    "NewOriginal",
    "NewVideo",
    "Outbox",
    "Page",
    "Part",
    "Receipt",
    "Receipts",
    "Remembered",
    "Report",
    "Sample",
    "Space",
    "StoredBytes",
    "Throughput",
    "Tokens",
    "Traces",
    "Upload",
    "Use",
    "Videos",
    "Waiting",
    "Webhooks",
    "WorkerRegister",
]
