"""Quotas of users, tokens with names and scopes, and the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COUNT_WHAT_IS_KEPT = """
    UPDATE users SET
    used_bytes = (
        SELECT coalesce(sum(images.size_bytes), 0)
        FROM images JOIN workloads ON workloads.id = images.workload_id
        WHERE workloads.owner_id = users.id AND images.kind = 'original'
    ),
    used_images = (
        SELECT count(*)
        FROM images JOIN workloads ON workloads.id = images.workload_id
        WHERE workloads.owner_id = users.id AND images.kind = 'original'
    )
"""


def upgrade() -> None:
    sorted_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("users", sa.Column("quota_bytes", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("quota_images", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("used_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("users", sa.Column("used_images", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("users", sa.Column("created_at", sa.Double(), nullable=False, server_default="0"))
    op.execute(_COUNT_WHAT_IS_KEPT)

    op.add_column("tokens", sa.Column("id", sorted_text, nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("name", sa.Text(), nullable=False, server_default="login"))
    op.add_column("tokens", sa.Column("last_used_at", sa.Double(), nullable=True))
    op.execute("UPDATE tokens SET id = substr(hash, 1, 17)")
    op.execute("UPDATE tokens SET name = 'worker' WHERE worker_id IS NOT NULL")
    op.execute("UPDATE tokens SET scope = 'read write' WHERE scope = 'user'")
    op.create_index("ix_tokens_id", "tokens", ["id"], unique=True)

    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_who", "audit", ["who", "id"], unique=False)
    op.create_index("ix_audit_action", "audit", ["action", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("audit")
    op.drop_index("ix_tokens_id", "tokens")
    for column in ("id", "name", "last_used_at"):
        op.drop_column("tokens", column)
    op.execute("UPDATE tokens SET scope = 'user' WHERE scope <> 'worker'")
    for column in ("quota_bytes", "quota_images", "used_bytes", "used_images", "created_at"):
        op.drop_column("users", column)
