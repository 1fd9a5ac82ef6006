"""A quota of workloads for each user."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_COUNT_WORKLOADS = """
    UPDATE users SET used_workloads = (
        SELECT count(*) FROM workloads WHERE workloads.owner_id = users.id
    )
"""


def upgrade() -> None:
    op.add_column("users", sa.Column("quota_workloads", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("used_workloads", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(_COUNT_WORKLOADS)


def downgrade() -> None:
    op.drop_column("users", "used_workloads")
    op.drop_column("users", "quota_workloads")
