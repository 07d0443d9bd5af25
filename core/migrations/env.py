"""Alembic's entry: runs on the connection that `core.migrate` hands over."""

from alembic import context
from sqlalchemy import Connection, create_engine

from core import migrate


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=migrate.metadata(),
        include_object=migrate.include_object,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    _run(connection)
else:
    with create_engine(context.config.attributes["url"]).connect() as fresh:
        _run(fresh)
        fresh.commit()
