"""The duty of crews, as far as their silence is anybody's trouble."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from dispatch.roster.duty import all_on_duty
from dispatch.roster.rules import OnDuty
from dispatch.silence import repository
from dispatch.silence.rules import SETTLED, Duty


def duties(
    session: Session,
    org_id: int,
    crew_ids: Collection[UUID],
    roster: Mapping[UUID, OnDuty],
    now: datetime,
) -> dict[UUID, Duty]:
    """The duty of each of these crews at `now`; `roster`: of every unit, at that moment."""
    if not crew_ids:
        return {}
    before = all_on_duty(session, org_id, now - SETTLED)
    away = repository.away(session, org_id, crew_ids)
    back = repository.back_at(session, org_id, now)
    working = repository.working_since(session, org_id, crew_ids)
    return {
        crew: Duty(
            rostered=all(crew in one and one[crew].on_duty for one in (roster, before)),
            away=crew in away,
            back_at=back.get(crew),
            working_since=working.get(crew),
        )
        for crew in crew_ids
    }
