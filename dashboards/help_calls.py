"""Calls for help as rows of the board and of the crews' pages.

Like every numbered row they depend on the database alone. A call is shown to the hotline, to the
centre that its crew belonged to, and to the crew.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.live import EVERYTHING as BOARD_ALL
from core.models import Unit, User
from core.wiring import RowChange
from dashboards.values import iso, text
from dispatch.crews.models import Vehicle
from dispatch.help import repository
from dispatch.help.models import HelpCall
from dispatch.orders.models import Order


def help_rows(session: Session, org_id: int, calls: Sequence[HelpCall]) -> list[dict[str, Any]]:
    """Rows of these calls."""
    units = _named(session, org_id, Unit, (one.crew_id for one in calls))
    vehicles = _named(session, org_id, Vehicle, (one.vehicle_id for one in calls))
    orders = _named(session, org_id, Order, (one.order_id for one in calls))
    people = _named(session, org_id, User, (one.seen_by for one in calls))
    return [
        {
            "id": str(one.id),
            "crew_id": text(one.crew_id),
            "crew_zh": units[one.crew_id].name_zh if one.crew_id in units else None,
            "crew_en": units[one.crew_id].name_en if one.crew_id in units else None,
            "centre_id": text(one.centre_id),
            "vehicle_id": text(one.vehicle_id),
            "plate": vehicles[one.vehicle_id].plate if one.vehicle_id in vehicles else None,
            "order_id": text(one.order_id),
            "number": orders[one.order_id].number if one.order_id in orders else None,
            "source": one.source,
            "called_at": iso(one.called_at),
            "last_at": iso(one.last_at),
            "times": one.times,
            "lat": one.lat,
            "lon": one.lon,
            "seen_at": iso(one.seen_at),
            "seen_by": people[one.seen_by].name if one.seen_by in people else None,
            "ended_at": iso(one.ended_at),
            "outcome": one.outcome,
        }
        for one in calls
    ]


def _named(session: Session, org_id: int, model: Any, ids: Iterable[UUID | None]) -> dict[Any, Any]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    query = select(model).where(model.org_id == org_id, model.id.in_(wanted))
    return {row.id: row for row in session.scalars(query)}


def open_help(session: Session, org_id: int, topic: str) -> list[dict[str, Any]]:
    """What waits on the screens of a topic, the oldest first."""
    kind, _, owner = topic.partition(":")
    calls = repository.open_or_of(session, org_id)
    if kind == "crew":
        calls = [one for one in calls if text(one.crew_id) == owner]
    elif topic != BOARD_ALL:
        calls = [one for one in calls if text(one.centre_id) == owner]
    return help_rows(session, org_id, calls)


def project(session: Session, org_id: int, touched: Iterable[tuple[str, UUID]]) -> list[RowChange]:
    """The new rows of calls that a transaction touched."""
    ids = [id_ for entity, id_ in touched if entity == "help"]
    if not ids:
        return []
    changes = []
    for row in help_rows(session, org_id, repository.open_or_of(session, org_id, ids)):
        value = row if row["ended_at"] is None else None
        topics = [BOARD_ALL]
        topics += [f"board:{row['centre_id']}"] if row["centre_id"] else []
        topics += [f"crew:{row['crew_id']}"] if row["crew_id"] else []
        changes += [RowChange(topic, "help", row["id"], value) for topic in topics]
    return changes
