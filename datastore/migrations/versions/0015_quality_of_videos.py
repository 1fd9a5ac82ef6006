"""How well the pictures of a filtered video are encoded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("videos", sa.Column("quality", sa.Text(), nullable=False, server_default="high"))


def downgrade() -> None:
    op.drop_column("videos", "quality")
