"""Use cases: a crew goes away and comes back, by itself or by its centre's dispatcher."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import events as ev
from core.clock import real_now, seconds_until
from core.errors import CrewAway, CrewBusy, CrewNotAway, InvalidField, LastCrew
from core.identity import Access
from core.models import Unit
from core.recorded import Recorded
from core.rights import Scope
from core.uow import UnitOfWork
from dispatch.crews import repository
from dispatch.crews.models import Crew
from dispatch.crews.rules import Skill, evolve_away, stands_in, taker
from dispatch.crews.words import away_words
from dispatch.orders import repository as orders
from dispatch.orders.models import Order
from dispatch.orders.words import local_time
from dispatch.roster.duty import all_on_duty

SKEW = timedelta(minutes=1)
RETURN_DUE = "crews.return_due"


@dataclass(frozen=True, slots=True)
class Absence:
    """`until`: the expected return. `at`: when it began, where that was earlier than now.

    `stand_in_id`: a present crew of the same centre that takes its work meanwhile.
    """

    reason: str
    until: datetime | None = None
    note: str | None = None
    at: datetime | None = None
    stand_in_id: UUID | None = None


def go_away(uow: UnitOfWork, crew_id: UUID, absence: Absence, access: Access) -> None:
    """The crew is away from now on; said again, the reason and the return change."""
    unit = repository.crew_of(uow.session, uow.org_id, crew_id, access)
    crews = repository.lock_crews_of(uow.session, uow.org_id, unit.centre_id)
    crew = crews[crew_id]
    at = _tapped(uow, absence.at)

    if absence.until is not None and absence.until <= uow.now:
        raise InvalidField("body.until", "lies in the past", "返回时间已过")
    there = _there(uow, crews)
    if absence.stand_in_id is not None:
        _demand_stand_in(crew_id, absence.stand_in_id, crews, there)
    if crew.away_reason is None:
        _demand_idle(uow, crew_id)
        others = [_skill(crews[id_]) for id_ in there if id_ != crew_id]
        if crew_id in there and not stands_in(_skill(crew), others):
            raise LastCrew(crew_zh=unit.name_zh, crew_en=unit.name_en)

    fact = ev.CrewWentAway(
        reason=absence.reason, until=absence.until, stand_in_id=absence.stand_in_id
    )
    event = _record(uow, crew, fact, at, access, absence.note)
    if absence.until is not None:
        _wake(uow, event, absence.until)


def _there(uow: UnitOfWork, crews: dict[UUID, Crew]) -> set[UUID]:
    """Crews that are not away and, by the roster, on duty."""
    roster = all_on_duty(uow.session, uow.org_id, uow.now)
    return {id_ for id_, one in crews.items() if one.away_reason is None and roster[id_].on_duty}


def _skill(crew: Crew) -> Skill:
    return Skill(crew.trade, tuple(crew.voltage_classes))


def _demand_stand_in(
    crew_id: UUID, stand_in_id: UUID, crews: dict[UUID, Crew], there: set[UUID]
) -> None:
    if stand_in_id == crew_id or stand_in_id not in crews:
        raise InvalidField(
            "body.stand_in_id", "is no other crew of this centre", "不是本中心的其他班组"
        )
    if stand_in_id not in there:
        raise InvalidField("body.stand_in_id", "is away or off duty", "该班组离岗或不在班")


def _wake(uow: UnitOfWork, event: Recorded, until: datetime) -> None:
    """Look again when the crew should be back."""
    due = real_now() + timedelta(seconds=max(0.0, seconds_until(until)))
    uow.effect("subscriber", name=RETURN_DUE, body={"event_id": str(event.id)}, due_at=due)


def return_due(uow: UnitOfWork, event: Recorded) -> None:
    """The expected return of an absence has come: who is not back is overdue. May run twice."""
    fact = event.payload
    assert isinstance(fact, ev.CrewWentAway)
    crew = orders.lock_crew(uow.session, uow.org_id, event.stream_id)
    if crew.away_reason is None or crew.overdue_since or crew.away_until != fact.until:
        return
    assert fact.until is not None
    if uow.now < fact.until:  # the pace of business has changed since
        _wake(uow, event, fact.until)
        return
    overdue = ev.CrewReturnOverdue(until=fact.until)
    _append(uow, crew, overdue, fact.until, "system", crew.away_note)


def come_back(
    uow: UnitOfWork, crew_id: UUID, access: Access, tapped_at: datetime | None = None
) -> None:
    """The crew can be sent orders again."""
    unit = repository.crew_of(uow.session, uow.org_id, crew_id, access)
    crew = repository.lock_crews_of(uow.session, uow.org_id, unit.centre_id)[crew_id]
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
    instead = _instead(uow, unit)
    zh, en = away_words(crew.away_reason)
    until = local_time(crew.away_until) if crew.away_until else None
    raise CrewAway(
        crew_zh=unit.name_zh,
        crew_en=unit.name_en,
        reason_zh=zh,
        reason_en=en,
        until_zh=f"预计 {until} 返回" if until else "返回时间未定",
        until_en=f"expected back at {until}" if until else "no return time given",
        instead_zh=f"可改派代班的{instead.name_zh}" if instead else "先登记返岗才能派单",
        instead_en=f"{instead.name_en} stands in" if instead else "mark it as back before sending",
    )


def _instead(uow: UnitOfWork, unit: Unit) -> Unit | None:
    """Who takes what is meant for an absent crew."""
    crews = repository.crews_of(uow.session, uow.org_id, unit.centre_id)
    absences = {crew.id: repository.away_state(crew) for crew in crews}
    found = taker(unit.id, absences)
    return uow.session.get(Unit, (uow.org_id, found)) if found else None


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
) -> Recorded:
    source = "crew" if access.scope is Scope.CREW else "dispatcher"
    return _append(uow, crew, fact, at, source, note)


def _append(
    uow: UnitOfWork, crew: Crew, fact: ev.Payload, at: datetime, source: str, note: str | None
) -> Recorded:
    """The fact, the crew's new state, and the rows of it and of who stands or stood in for it."""
    before = crew.stand_in_id
    event = uow.emit(crew.id, fact, occurred_at=at, source=source)
    state = evolve_away(repository.away_state(crew), event)
    repository.save_away(uow.session, crew, state, note)
    for id_ in {crew.id, before, state.stand_in_id} - {None}:
        assert id_ is not None
        uow.touch("crew", id_)
    return event
