"""The tables. `migrations/` makes them; a test checks that both say the same.

Times are seconds since the epoch. A workload's row carries the counts of its jobs, changed in the
transaction that changes the jobs, so that its status costs one row however many images it has.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

# Ids sort as bytes on both databases, whatever language PostgreSQL was set up for.
Sorted = Text().with_variant(Text(collation="C"), "postgresql")

# Conditions of partial indexes. Queries repeat them word for word: bound parameters would hide them
# from the planner.
HAS_QUEUED = text("queued > 0")
HAS_RUNNING = text("running > 0")
IS_QUEUED = text("state = 'queued'")
IS_ACTIVE = text(
    "(queued > 0 OR running > 0 OR (video IS NULL AND done = 0 AND failed = 0 AND cancelled_at IS NULL)"
    " OR video IN ('waiting', 'running'))"
)
IS_UNTIDY = text("untidy")
IS_UNFINISHED = text("finished_at IS NULL")
IS_WAITING = text("state = 'waiting'")

users = Table(
    "users",
    metadata,
    Column("id", Sorted, primary_key=True),
    Column("name", Sorted, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("quota_bytes", BigInteger),  # none: the system's default
    Column("quota_images", BigInteger),
    Column("quota_workloads", BigInteger),
    Column("used_bytes", BigInteger, nullable=False, server_default="0"),  # of originals
    Column("used_images", BigInteger, nullable=False, server_default="0"),
    Column("used_workloads", BigInteger, nullable=False, server_default="0"),
    Column("created_at", Double, nullable=False, server_default="0"),
)

workers = Table(
    "workers",
    metadata,
    Column("id", Sorted, primary_key=True),
    Column("name", Sorted, nullable=False, unique=True),
    Column("tags", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("machine", JSON, nullable=False),
    Column("load", JSON(none_as_null=True)),
    Column("instance", Text, nullable=False),
    Column("incarnation", Integer, nullable=False),
    Column("joined_at", Double, nullable=False),
    Column("last_report_at", Double, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("hash", Sorted, primary_key=True),
    Column("user_id", Sorted, ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("worker_id", Sorted, ForeignKey("workers.id", ondelete="CASCADE"), index=True),
    Column("scope", Text, nullable=False),  # words, parted by spaces
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
    Column("id", Sorted, nullable=False, server_default=""),
    Column("name", Text, nullable=False, server_default="login"),
    Column("last_used_at", Double),
    Column(
        "maker", Sorted, index=True
    ),  # the token that made it; none: a login; "": made before this was kept
    Index("ix_tokens_id", "id", unique=True),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Double, nullable=False, index=True),
    Column("action", Text, nullable=False),
    Column("who", Text),
    Column("address", Text),
    Column("target", Text),
    Column("detail", Text),
    Column("times", BigInteger, nullable=False),  # so many alike, the last of them at `at`
    Index("ix_audit_who", "who", "id"),
    Index("ix_audit_action", "action", "id"),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", Text, nullable=False),
    Column("at", Double, nullable=False, index=True),
    Index("ix_login_failures_key", "key", "at"),
)

workloads = Table(
    "workloads",
    metadata,
    Column("id", Sorted, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),  # dpip.names.clash_key of the name
    Column("owner_id", Sorted, nullable=False),
    Column("pipeline", Text, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("outputs", JSON, nullable=False, server_default='["filtered"]'),
    Column("priority", Integer, nullable=False, server_default="5"),
    Column("created_at", Double, nullable=False),
    Column("cancelled_at", Double),
    Column("next_seq", BigInteger, nullable=False),  # of the next upload
    Column("queued", BigInteger, nullable=False),
    Column("running", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("served_at", Double, nullable=False),  # when a job of it was last placed; 0: never
    Column("video", Text),  # state of its video; none: it takes images
    Index("ix_workloads_owner_id", "owner_id", "id"),
    Index("ix_workloads_active", "id", sqlite_where=IS_ACTIVE, postgresql_where=IS_ACTIVE),
    Index("ix_workloads_queued", "served_at", "id", sqlite_where=HAS_QUEUED, postgresql_where=HAS_QUEUED),
    Index("ix_workloads_running", "id", sqlite_where=HAS_RUNNING, postgresql_where=HAS_RUNNING),
)

images = Table(
    "images",
    metadata,
    Column("id", Sorted, primary_key=True),
    Column("workload_id", Sorted, ForeignKey("workloads.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Sorted, nullable=False, unique=True),
    Column("name", Text),
    Column("format", Text, nullable=False),
    Column("width", BigInteger, nullable=False),
    Column("height", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("making", Sorted),  # of a filtered image: an id in `makings`
    Index("ix_images_workload_id", "workload_id", "id"),
)

makings = Table(
    "makings",
    metadata,
    Column("id", Sorted, primary_key=True),  # a digest of the content
    Column("content", Text, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Sorted, ForeignKey("images.id"), primary_key=True),  # its original's
    Column("workload_id", Sorted, ForeignKey("workloads.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("spent", Integer, nullable=False, server_default="0"),  # attempts before it was replayed
    Column("megapixels", Double, nullable=False),
    Column("memory_bytes", BigInteger, nullable=False),
    Column("epoch", BigInteger),  # of the leader that placed it
    Column("lease_until", Double),
    Column("worker_id", Sorted),
    Column("copy_worker_id", Sorted),  # runs the same attempt, too
    Column("reason", Text),
    Column("failure_kind", Text),
    Column("failure_detail", Text),
    Column("failure_retryable", Boolean),
    Column("queued_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("fetch_s", Double),
    Column("decode_s", Double),
    Column("filter_s", Double),
    Column("encode_s", Double),
    Column("deliver_s", Double),
    Column("trace", Text),  # the `traceparent` that came with the upload
    Index("ix_jobs_workload_id", "workload_id", "state", "seq"),
    Index("ix_jobs_size", "workload_id", "megapixels", sqlite_where=IS_QUEUED, postgresql_where=IS_QUEUED),
)

videos = Table(
    "videos",
    metadata,
    Column("workload_id", Sorted, ForeignKey("workloads.id"), primary_key=True),
    Column("facts", JSON, nullable=False),
    Column("target", Text, nullable=False),
    Column("quality", Text, nullable=False, server_default="high"),
    Column("attempt", Integer, nullable=False),
    Column("lease_until", Double),
    Column("untidy", Boolean, nullable=False),  # there may be frames of it
    Column("frames_split", BigInteger, nullable=False),
    Column("frames_joined", BigInteger, nullable=False),
    Column("failure_kind", Text),
    Column("failure_detail", Text),
    Column("queued_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Index("ix_videos_untidy", "workload_id", sqlite_where=IS_UNTIDY, postgresql_where=IS_UNTIDY),
    Index("ix_videos_unfinished", "queued_at", sqlite_where=IS_UNFINISHED, postgresql_where=IS_UNFINISHED),
)

leadership = Table(
    "leadership",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # the only row is 1
    Column("epoch", BigInteger, nullable=False),
    Column("holder", Text),
    Column("until", Double, nullable=False),
    Column("ray_address", Text),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("name", Sorted, primary_key=True),
    Column("url", Text),
    Column("announced_at", Double, nullable=False),
)

samples = Table(
    "samples",
    metadata,
    Column("worker_id", Sorted, ForeignKey("workers.id", ondelete="CASCADE"), nullable=False),
    Column("seconds", Double, nullable=False),  # 0: a report as it came
    Column("at", Double, nullable=False),
    Column("cpu_percent", Double, nullable=False),
    Column("memory_available", BigInteger, nullable=False),
    Column("running_jobs", Double, nullable=False),
    Column("gpu_percent", Double, nullable=False),
    Column("gpu_memory_used", BigInteger, nullable=False),
    UniqueConstraint("worker_id", "seconds", "at"),
    Index("ix_samples_seconds", "seconds", "at"),
)

throughput = Table(
    "throughput",
    metadata,
    Column("seconds", Double, primary_key=True),
    Column("at", Double, primary_key=True),
    Column("done", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("again", BigInteger, nullable=False),
    Column("megapixels", Double, nullable=False),
    Column("busy_s", Double, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    Column("user_id", Sorted, primary_key=True),
    Column("key", Sorted, primary_key=True),
    Column("holder", Text, nullable=False),  # a random word of the request that works on it
    Column("held_until", Double, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
    Column("request", Text),  # what was asked for, as a digest; null until it is answered, as is the rest
    Column("status", Integer),
    Column("location", Text),
    Column("body", Text),
)

receipt_parts = Table(  # what a long request did so far; gone when it is answered
    "receipt_parts",
    metadata,
    Column("user_id", Sorted, primary_key=True),
    Column("key", Sorted, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    ForeignKeyConstraint(["user_id", "key"], ["receipts.user_id", "receipts.key"], ondelete="CASCADE"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Sorted, primary_key=True),
    Column("user_id", Sorted, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),  # words, parted by spaces
    Column("workload_id", Sorted),  # only of this one
    Column("sealed_secret", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("ix_webhooks_user_id", "user_id", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Sorted, primary_key=True),
    Column("webhook_id", Sorted, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event", Text, nullable=False),
    Column("workload_id", Sorted),
    Column("body", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("spent", Integer, nullable=False),  # attempts before it was asked for again
    Column("due_at", Double),
    Column("attempted_at", Double),
    Column("answer", Integer),
    Column("reason", Text),
    Index("ix_deliveries_webhook_id", "webhook_id", "id"),
    Index("ix_deliveries_due_at", "due_at", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
    Index("ix_deliveries_workload_id", "workload_id", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
)
