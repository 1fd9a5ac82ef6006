"""How filtered images were made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "makings",
        sa.Column("id", _SORTED, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_makings"),
    )
    op.add_column("images", sa.Column("making", _SORTED, nullable=True))


def downgrade() -> None:
    op.drop_column("images", "making")
    op.drop_table("makings")
