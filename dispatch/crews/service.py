"""Use cases: a crew goes away and comes back, by itself or by its centre's dispatcher."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import events as ev
from core.errors import CrewAway, CrewBusy, CrewNotAway, InvalidField, LastCrew
from core.identity import Access
from core.models import Unit
from core.rights import Scope
from core.uow import UnitOfWork
from dispatch.crews import repository
from dispatch.crews.models import Crew
from dispatch.crews.rules import evolve_away, stands_in
from dispatch.crews.words import away_words
from dispatch.orders import repository as orders
from dispatch.orders.models import Order
from dispatch.orders.words import local_time

SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Absence:
    """`until`: the expected return. `at`: when it began, where that was earlier than now."""

    reason: str
    until: datetime | None = None
    note: str | None = None
    at: datetime | None = None


def go_away(uow: UnitOfWork, crew_id: UUID, absence: Absence, access: Access) -> None:
    """The crew is away from now on; said again, the reason and the return change."""
    unit = repository.crew_of(uow.session, uow.org_id, crew_id, access)
    crews = repository.lock_crews_of(uow.session, uow.org_id, unit.parent_id)
    crew = crews[crew_id]
    at = _tapped(uow, absence.at)

    if absence.until is not None and absence.until <= uow.now:
        raise InvalidField("body.until", "lies in the past", "返回时间已过")
    if crew.away_reason is None:
        _demand_idle(uow, crew_id)
        others = [one.trade for one in crews.values() if one.id != crew_id and not one.away_reason]
        if not stands_in(crew.trade, others):
            raise LastCrew(crew_zh=unit.name_zh, crew_en=unit.name_en)

    fact = ev.CrewWentAway(reason=absence.reason, until=absence.until)
    _record(uow, crew, fact, at, access, absence.note)


def come_back(
    uow: UnitOfWork, crew_id: UUID, access: Access, tapped_at: datetime | None = None
) -> None:
    """The crew can be sent orders again."""
    unit = repository.crew_of(uow.session, uow.org_id, crew_id, access)
    crew = repository.lock_crews_of(uow.session, uow.org_id, unit.parent_id)[crew_id]
    at = _tapped(uow, tapped_at)
    if crew.away_reason is None:
        raise CrewNotAway(crew_zh=unit.name_zh, crew_en=unit.name_en)
    if crew.away_since is not None and at < crew.away_since:
        raise InvalidField("body.at", "lies before it went away", "早于离岗时间")
    _record(uow, crew, ev.CrewCameBack(), at, access, None)


def demand_present(uow: UnitOfWork, unit: Unit) -> None:
    """Refuse with 409 to send anything to a crew that is away; locks the crew."""
    crew = orders.lock_crew(uow.session, uow.org_id, unit.id)
    if crew.away_reason is None:
        return
    zh, en = away_words(crew.away_reason)
    until = local_time(crew.away_until) if crew.away_until else None
    raise CrewAway(
        crew_zh=unit.name_zh,
        crew_en=unit.name_en,
        reason_zh=zh,
        reason_en=en,
        until_zh=f"预计 {until} 返回" if until else "返回时间未定",
        until_en=f"expected back at {until}" if until else "no return time given",
    )


def _demand_idle(uow: UnitOfWork, crew_id: UUID) -> None:
    active = orders.active_assignment(uow.session, uow.org_id, crew_id)
    if active is not None:
        order = uow.session.get_one(Order, (uow.org_id, active.order_id))
        raise CrewBusy(number=order.number)


def _tapped(uow: UnitOfWork, at: datetime | None) -> datetime:
    if at is not None and at > uow.now + SKEW:
        raise InvalidField("body.at", "lies in the future", "时间在将来")
    return min(at or uow.now, uow.now)


def _record(
    uow: UnitOfWork, crew: Crew, fact: ev.Payload, at: datetime, access: Access, note: str | None
) -> None:
    source = "crew" if access.scope is Scope.CREW else "dispatcher"
    event = uow.emit(crew.id, fact, occurred_at=at, source=source)
    state = evolve_away(repository.away_state(crew), event)
    repository.save_away(uow.session, crew, state, note)
    uow.touch("crew", crew.id)
