"""Videos: uploads whose frames are jobs of a workload of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_EMPTY_IS_ACTIVE = sa.text(
    "(queued > 0 OR running > 0 OR (done = 0 AND failed = 0 AND cancelled_at IS NULL))"
)
_VIDEOS_ARE_ACTIVE = sa.text(
    "(queued > 0 OR running > 0 OR (video IS NULL AND done = 0 AND failed = 0 AND cancelled_at IS NULL)"
    " OR video IN ('waiting', 'running'))"
)
_UNTIDY = sa.text("untidy")
_UNFINISHED = sa.text("finished_at IS NULL")


def upgrade() -> None:
    sorted_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "videos",
        sa.Column("workload_id", sorted_text, nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("untidy", sa.Boolean(), nullable=False),
        sa.Column("frames_split", sa.BigInteger(), nullable=False),
        sa.Column("frames_joined", sa.BigInteger(), nullable=False),
        sa.Column("failure_kind", sa.Text(), nullable=True),
        sa.Column("failure_detail", sa.Text(), nullable=True),
        sa.Column("queued_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["workload_id"], ["workloads.id"], name="fk_videos_workload_id"),
        sa.PrimaryKeyConstraint("workload_id", name="pk_videos"),
    )
    op.create_index(
        "ix_videos_untidy",
        "videos",
        ["workload_id"],
        unique=False,
        sqlite_where=_UNTIDY,
        postgresql_where=_UNTIDY,
    )
    op.create_index(
        "ix_videos_unfinished",
        "videos",
        ["queued_at"],
        unique=False,
        sqlite_where=_UNFINISHED,
        postgresql_where=_UNFINISHED,
    )
    op.add_column("workloads", sa.Column("video", sa.Text(), nullable=True))
    _index_active(_VIDEOS_ARE_ACTIVE)


def downgrade() -> None:
    _index_active(_EMPTY_IS_ACTIVE)
    op.drop_column("workloads", "video")
    op.drop_table("videos")


def _index_active(which: sa.TextClause) -> None:
    op.drop_index("ix_workloads_active", "workloads")
    op.create_index(
        "ix_workloads_active", "workloads", ["id"], unique=False, sqlite_where=which, postgresql_where=which
    )
