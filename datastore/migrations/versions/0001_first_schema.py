"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    sorted_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    has_queued = sa.text("queued > 0")
    has_running = sa.text("running > 0")
    active = sa.text("(queued > 0 OR running > 0 OR (done = 0 AND failed = 0 AND cancelled_at IS NULL))")

    op.create_table(
        "endpoints",
        sa.Column("name", sorted_text, nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("announced_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_endpoints")),
    )
    op.create_table(
        "leadership",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("ray_address", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leadership")),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    op.create_index(op.f("ix_login_failures_at"), "login_failures", ["at"], unique=False)
    op.create_index("ix_login_failures_key", "login_failures", ["key", "at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sorted_text, nullable=False),
        sa.Column("name", sorted_text, nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sorted_text, nullable=False),
        sa.Column("name", sorted_text, nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("machine", sa.JSON(), nullable=False),
        sa.Column("load", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.Double(), nullable=False),
        sa.Column("last_report_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
        sa.UniqueConstraint("name", name=op.f("uq_workers_name")),
    )
    op.create_table(
        "workloads",
        sa.Column("id", sorted_text, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("owner_id", sorted_text, nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("cancelled_at", sa.Double(), nullable=True),
        sa.Column("next_seq", sa.BigInteger(), nullable=False),
        sa.Column("queued", sa.BigInteger(), nullable=False),
        sa.Column("running", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("served_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workloads")),
        sa.UniqueConstraint("name_key", name=op.f("uq_workloads_name_key")),
    )
    op.create_index(
        "ix_workloads_active", "workloads", ["id"], unique=False, sqlite_where=active, postgresql_where=active
    )
    op.create_index("ix_workloads_owner_id", "workloads", ["owner_id", "id"], unique=False)
    op.create_index(
        "ix_workloads_queued",
        "workloads",
        ["served_at", "id"],
        unique=False,
        sqlite_where=has_queued,
        postgresql_where=has_queued,
    )
    op.create_index(
        "ix_workloads_running",
        "workloads",
        ["id"],
        unique=False,
        sqlite_where=has_running,
        postgresql_where=has_running,
    )
    op.create_table(
        "images",
        sa.Column("id", sorted_text, nullable=False),
        sa.Column("workload_id", sorted_text, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sorted_text, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["workload_id"], ["workloads.id"], name=op.f("fk_images_workload_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
        sa.UniqueConstraint("key", name=op.f("uq_images_key")),
    )
    op.create_index("ix_images_workload_id", "images", ["workload_id", "id"], unique=False)
    op.create_table(
        "samples",
        sa.Column("worker_id", sorted_text, nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("cpu_percent", sa.Double(), nullable=False),
        sa.Column("memory_available", sa.BigInteger(), nullable=False),
        sa.Column("running_jobs", sa.Double(), nullable=False),
        sa.Column("gpu_percent", sa.Double(), nullable=False),
        sa.Column("gpu_memory_used", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_samples_worker_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("worker_id", "seconds", "at", name=op.f("uq_samples_worker_id")),
    )
    op.create_index("ix_samples_seconds", "samples", ["seconds", "at"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("hash", sorted_text, nullable=False),
        sa.Column("user_id", sorted_text, nullable=True),
        sa.Column("worker_id", sorted_text, nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_tokens_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_tokens_worker_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_tokens")),
    )
    op.create_index(op.f("ix_tokens_expires_at"), "tokens", ["expires_at"], unique=False)
    op.create_index(op.f("ix_tokens_user_id"), "tokens", ["user_id"], unique=False)
    op.create_index(op.f("ix_tokens_worker_id"), "tokens", ["worker_id"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", sorted_text, nullable=False),
        sa.Column("workload_id", sorted_text, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("megapixels", sa.Double(), nullable=False),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("worker_id", sorted_text, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("failure_kind", sa.Text(), nullable=True),
        sa.Column("failure_detail", sa.Text(), nullable=True),
        sa.Column("failure_retryable", sa.Boolean(), nullable=True),
        sa.Column("queued_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("fetch_s", sa.Double(), nullable=True),
        sa.Column("decode_s", sa.Double(), nullable=True),
        sa.Column("filter_s", sa.Double(), nullable=True),
        sa.Column("encode_s", sa.Double(), nullable=True),
        sa.Column("deliver_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["images.id"], name=op.f("fk_jobs_id")),
        sa.ForeignKeyConstraint(["workload_id"], ["workloads.id"], name=op.f("fk_jobs_workload_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_workload_id", "jobs", ["workload_id", "state", "seq"], unique=False)

    # Tables of which DPIP only ever updates rows.
    op.execute("INSERT INTO leadership (id, epoch, until) VALUES (1, 0, 0)")
    op.execute("INSERT INTO endpoints (name, announced_at) VALUES ('api', 0)")


def downgrade() -> None:
    for table in (
        "jobs",
        "tokens",
        "samples",
        "images",
        "workloads",
        "workers",
        "users",
        "login_failures",
        "leadership",
        "endpoints",
    ):
        op.drop_table(table)
