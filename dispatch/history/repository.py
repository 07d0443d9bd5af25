"""Queries of the history import: what is there already, and writing many rows at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import Base
from dispatch.history.mapping import ORDER_POINTS
from dispatch.history.models import HistoryImport, HistoryName
from dispatch.orders.models import Assignment, Order, Stamp

_LOCK = 7_245_002
_TIMES = ("sent_at", "received_at", "accepted_at", "departed_at", "arrived_at", "ended_at")


def lock_imports(session: Session, org_id: int) -> None:
    """One chunk at a time is written per organisation, until the commit."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key, :org)"), {"key": _LOCK, "org": org_id})


def progress(session: Session, org_id: int, import_id: UUID) -> HistoryImport | None:
    """How far an import is; locked."""
    query = select(HistoryImport).where(
        HistoryImport.org_id == org_id, HistoryImport.id == import_id
    )
    return session.scalars(query.with_for_update()).one_or_none()


def known_orders(
    session: Session, org_id: int, ids: Iterable[UUID]
) -> dict[UUID, dict[str, datetime]]:
    """Orders that exist, with their points A, B, C."""
    wanted = list(ids)
    query = select(Order.id).where(Order.org_id == org_id, Order.id.in_(wanted))
    found: dict[UUID, dict[str, datetime]] = {id_: {} for id_ in session.scalars(query)}
    if found:
        points = select(Stamp.order_id, Stamp.point, Stamp.at).where(
            Stamp.org_id == org_id, Stamp.order_id.in_(found), Stamp.point.in_(ORDER_POINTS)
        )
        for order_id, point, at in session.execute(points):
            if order_id is not None:
                found[order_id][point] = at
    return found


def known_assignments(
    session: Session, org_id: int, ids: Iterable[UUID]
) -> dict[UUID, tuple[datetime | None, ...]]:
    """Assignments that exist, with D, E, F, G, H and closed."""
    query = select(Assignment.id, *(getattr(Assignment, name) for name in _TIMES)).where(
        Assignment.org_id == org_id, Assignment.id.in_(list(ids))
    )
    return {row[0]: tuple(row[1:]) for row in session.execute(query)}


def copy_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """COPY rows into a table, in the session's transaction. All rows have the same keys."""
    if not rows:
        return
    columns = list(rows[0])
    driver: Any = session.connection().connection.driver_connection
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model.__tablename__), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([row[column] for column in columns])


def add_names(session: Session, org_id: int, system: str, names: Mapping[str, str]) -> None:
    """Remember what the codes stand for."""
    if names:
        rows = [
            {"org_id": org_id, "system": system, "code": code, "name": name}
            for code, name in names.items()
        ]
        session.execute(insert(HistoryName).on_conflict_do_nothing(), rows)
