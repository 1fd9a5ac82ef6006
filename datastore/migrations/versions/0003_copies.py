"""Second copies of jobs that run late, and the largest jobs in the queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sorted_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    is_queued = sa.text("state = 'queued'")
    op.add_column("jobs", sa.Column("copy_worker_id", sorted_text, nullable=True))
    op.create_index(
        "ix_jobs_size",
        "jobs",
        ["workload_id", "megapixels"],
        unique=False,
        sqlite_where=is_queued,
        postgresql_where=is_queued,
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_size", "jobs")
    op.drop_column("jobs", "copy_worker_id")
