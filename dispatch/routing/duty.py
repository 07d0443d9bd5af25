"""Which centre could take an order of a trade, and which can now."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from dispatch.roster.duty import all_on_duty
from dispatch.routing import repository
from dispatch.routing.rules import ANY, Answer, OnDuty


def could(session: Session, org_id: int) -> OnDuty:
    """Who could take an order, whatever the roster says: centres and crews that exist."""
    return _asking(session, org_id, None)


def on_duty(session: Session, org_id: int, at: datetime) -> OnDuty:
    """Who can take an order at `at`: centre and a crew of the trade are on duty.

    A crew that is away for a while is on duty. A unit without a roster always is.
    """
    return _asking(session, org_id, units_on_duty(session, org_id, at))


def units_on_duty(session: Session, org_id: int, at: datetime) -> Mapping[UUID, bool]:
    """Whether each unit is on duty at `at`, by the roster."""
    return {id_: one.on_duty for id_, one in all_on_duty(session, org_id, at).items()}


def _asking(session: Session, org_id: int, roster: Mapping[UUID, bool] | None) -> OnDuty:
    present = roster or {}
    centres = repository.centres(session, org_id)
    above = repository.parents(session, org_id)
    trades: dict[UUID, set[str]] = {}
    for crew_id, parent, trade in repository.crews(session, org_id):
        centre = _centre(parent, above, set(centres))
        if centre is not None and present.get(crew_id, True):
            trades.setdefault(centre, set()).add(trade)

    def ask(centre_id: UUID, trade: str) -> Answer:
        if centre_id not in centres or not present.get(centre_id, True):
            return "off_duty"
        there = trades.get(centre_id, set())
        fits = bool(there) if trade == ANY else bool(there & {trade, ANY})
        return "yes" if fits else "no_trade"

    return ask


def _centre(
    unit_id: UUID | None, above: Mapping[UUID, UUID | None], centres: set[UUID]
) -> UUID | None:
    """The centre that a crew's unit stands under, departments in between or not."""
    seen: set[UUID] = set()
    while unit_id is not None and unit_id not in centres and unit_id not in seen:
        seen.add(unit_id)
        unit_id = above.get(unit_id)
    return unit_id if unit_id in centres else None
