"""Which token made a token."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sorted_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("tokens", sa.Column("maker", sorted_text, nullable=True))
    op.execute("UPDATE tokens SET maker = '' WHERE user_id IS NOT NULL AND name <> 'login'")
    op.create_index("ix_tokens_maker", "tokens", ["maker"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_tokens_maker", "tokens")
    op.drop_column("tokens", "maker")
