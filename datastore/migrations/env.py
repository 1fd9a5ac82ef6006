"""Alembic runs this; `datastore.migrate` hands it the connection, inside a transaction."""

from __future__ import annotations

from alembic import context

from datastore.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
