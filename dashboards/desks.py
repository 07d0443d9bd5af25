"""Rows of repair centres, with whether somebody sits at their desk.

Like every numbered row they depend on the database alone, never on the clock. A desk is told to
the hotline and to its own centre; on other topics it is null.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.live import EVERYTHING
from core.models import Unit
from dashboards.values import iso
from dispatch.desks import repository
from dispatch.desks.rules import DeskState


def centre_rows(
    session: Session, org_id: int, centre_ids: Iterable[UUID] | None = None
) -> list[dict[str, Any]]:
    """Rows of repair centres in use, by code."""
    query = select(Unit).where(Unit.org_id == org_id, Unit.kind == "centre", Unit.active)
    if centre_ids is not None:
        query = query.where(Unit.id.in_(list(centre_ids)))
    desks = repository.desks(session, org_id)
    return [
        {
            "id": str(unit.id),
            "code": unit.code,
            "name_zh": unit.name_zh,
            "name_en": unit.name_en,
            "desk": _desk(desks.get(unit.id)),
        }
        for unit in session.scalars(query.order_by(Unit.code))
    ]


def centre_ids(session: Session, org_id: int) -> list[str]:
    """All repair centres, those out of use too."""
    query = select(Unit.id).where(Unit.org_id == org_id, Unit.kind == "centre")
    return [str(id_) for id_ in session.scalars(query.order_by(Unit.code))]


def every_topic(session: Session, org_id: int) -> list[str]:
    """Every topic of orders that somebody may follow."""
    kinds = {"centre": "board", "crew": "crew"}
    query = select(Unit.kind, Unit.id).where(Unit.org_id == org_id, Unit.kind.in_(kinds))
    units = session.execute(query.order_by(Unit.code)).all()
    return [EVERYTHING, *(f"{kinds[kind]}:{id_}" for kind, id_ in units)]


def _desk(state: DeskState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    on_duty = None if state.is_open else state.on_duty
    return {"open": state.is_open, "since": iso(state.since), "on_duty": on_duty}


def without_desk(row: dict[str, Any]) -> dict[str, Any]:
    """The row as those see it whom the desk is no business of."""
    return {**row, "desk": None}
