"""What long requests under an idempotency key did so far."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sorted_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "receipt_parts",
        sa.Column("user_id", sorted_text, nullable=False),
        sa.Column("key", sorted_text, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", "number", name="pk_receipt_parts"),
        sa.ForeignKeyConstraint(
            ["user_id", "key"],
            ["receipts.user_id", "receipts.key"],
            name="fk_receipt_parts_user_id_receipts",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    op.drop_table("receipt_parts")
