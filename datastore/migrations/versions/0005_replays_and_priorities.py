"""Failed jobs can be run once more, and workloads have priorities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("spent", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("workloads", sa.Column("priority", sa.Integer(), nullable=False, server_default="5"))


def downgrade() -> None:
    op.drop_column("workloads", "priority")
    op.drop_column("jobs", "spent")
