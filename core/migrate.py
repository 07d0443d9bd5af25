"""The schema: Alembic migrations in `core/migrations`, applied under a lock."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, text

from core.db import Base
from core.engines import sqlalchemy_url

# Rooms above the kernel that bring tables; named, not imported, so that imports go down only.
MODELS = (
    "core.models",
    "telephony.models",
    "telephony.command_models",
    "telephony.leg_models",
    "telephony.message_models",
    "telephony.recordings.models",
    "telephony.routing.models",
    "gps.models",
    "gps.movement_models",
    "sla.models",
    "dispatch.crews.models",
    "dispatch.roster.models",
    "dispatch.directory.models",
    "dispatch.directory.search.models",
    "dispatch.directory.imports.models",
    "dispatch.tickets.models",
    "dispatch.orders.models",
    "dispatch.history.models",
    "dispatch.notices.models",
    "dispatch.privacy.models",
    "dispatch.places.models",
    "dispatch.help.models",
    "dispatch.silence.models",
    "dispatch.holds.models",
    "dispatch.reviews.models",
    "dispatch.routing.models",
    "dispatch.desks.models",
    "dispatch.outbound.models",
    "dispatch.outbound.campaign_models",
)
_LOCK = 7_245_001


def metadata() -> MetaData:
    """The metadata of all tables."""
    for name in MODELS:
        package = name.rpartition(".")[0]
        if find_spec(package) and find_spec(name):
            import_module(name)
    return Base.metadata


def config(url: str | None = None) -> Config:
    """Alembic's configuration, without an ini file."""
    result = Config()
    result.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    result.set_main_option("path_separator", "os")
    if url:
        result.attributes["url"] = sqlalchemy_url(url)
    return result


def upgrade(url: str) -> None:
    """Bring the schema to the newest version; concurrent callers wait for each other."""
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
            settings = config()
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()
    finally:
        engine.dispose()


def is_current(url: str) -> bool:
    """Whether the schema is at the newest version."""
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            here = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return here == ScriptDirectory.from_config(config()).get_current_head()


def drift(url: str) -> list[Any]:
    """Differences between the migrated schema at `url` and the models; empty when none."""
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "include_object": include_object}
            )
            return list(compare_metadata(context, metadata()))
    finally:
        engine.dispose()


def include_object(
    thing: Any,
    name: str | None,
    kind: str,
    _reflected: bool,  # noqa: FBT001 - Alembic calls it so
    _other: Any,
) -> bool:
    """Partitions that are made while running are not part of the models."""
    if kind == "table":
        return not _made_while_running(name or "")
    table = getattr(thing, "table", None)
    return not (table is not None and _made_while_running(table.name))


def _made_while_running(table: str) -> bool:
    """Days of positions, and organisations' parts of the search index."""
    return table.startswith(("fix_p", "search_entry_", "search_thing_"))
