"""Pipelines that make several pictures of each original."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workloads", sa.Column("outputs", sa.JSON(), nullable=False, server_default='["filtered"]'))


def downgrade() -> None:
    op.drop_column("workloads", "outputs")
