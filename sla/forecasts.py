"""What is expected of running promises: kept per case, said when it changes enough.

Whoever calls `renew` holds the forecast's row. How long the journey takes is handed in; nothing is
fetched.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import events as ev
from core.listen import OUTBOX
from core.uow import UnitOfWork
from sla import escalation, repository
from sla.firing import SOURCE
from sla.models import SlaForecast
from sla.policy import Policy
from sla.prediction import Eta, Forecast, Risk, assumed, follow, forecast, level, look_again, moved
from sla.segments import total
from sla.slack import Spender
from sla.timelines import Timeline

HELD = timedelta(seconds=1)
"""Business time until a promise is looked at again whose case somebody else held."""


@dataclass(frozen=True, slots=True)
class Journey:
    """What dispatch knows of the way. `has_vehicle`: somebody is to drive; `drives`: and does."""

    eta: Eta | None = None
    has_vehicle: bool = False
    drives: bool = False


def mark(uow: UnitOfWork, case_id: UUID) -> None:
    """Something happened to an order: its promise is looked at again at once, by the engine."""
    repository.mark_forecast(uow.session, uow.org_id, case_id, uow.now)
    uow.notify(OUTBOX, "")


def renew(
    uow: UnitOfWork,
    row: SlaForecast,
    policy: Policy,
    timeline: Timeline,
    journey: Journey,
    now: datetime,
) -> bool:
    """Look at a promise once more; True where something has changed enough and was said.

    An alert begins and ends under the case; where somebody else holds it, that is left for later.
    """
    whole = total(policy, timeline, now)
    broken = whole is not None and whole.deadline is not None and now > whole.deadline
    found = None
    if not broken:
        found = forecast(policy, timeline, now, journey.eta, has_vehicle=journey.has_vehicle)
    before = _risk(row)
    after = follow(before, found.probability, now, assumed(policy)) if found else Risk()
    turns = before.standing != after.standing
    if turns and not repository.take_case(uow.session, uow.org_id, row.id):
        row.next_at = now + HELD
        return False
    if found is None:
        return _over(uow, row, "broken" if broken else "reached", now)
    shown = level(after, found)
    news = shown != row.level or moved(_shown(row), found)
    if news:
        _write(row, found, journey)
        row.level = shown
    row.standing, row.changed_at, row.reason = after.standing, after.changed_at, after.reason
    left = whole.deadline - now if whole and whole.deadline else None
    closely = journey.drives or after.standing
    row.next_at = look_again(now, left.total_seconds() if left else 0.0, closely=closely)
    if after.standing and not before.standing:
        _at_risk(uow, row.id, policy, found, now)
    elif before.standing and not after.standing:
        _risk_over(uow, row.id, "recovered", now)
    elif news:
        uow.touch("order", row.id)
    return news or turns


def _over(uow: UnitOfWork, row: SlaForecast, cause: str, now: datetime) -> bool:
    row.next_at = None
    news = row.level is not None
    if row.standing:
        _risk_over(uow, row.id, cause, now)
    elif news:
        uow.touch("order", row.id)
    row.standing, row.level, row.changed_at, row.reason = False, None, None, None
    _write(row, Forecast(None), Journey())
    return news


def _at_risk(
    uow: UnitOfWork, case_id: UUID, policy: Policy, found: Forecast, now: datetime
) -> None:
    assert found.probability is not None
    fact = ev.SlaAtRisk(
        probability=round(found.probability, 4),
        expected_at=found.expected_at,
        journey=found.journey,
        spender=found.spender.code if found.spender else None,
        responsible=found.spender.responsible if found.spender else None,
    )
    uow.emit(case_id, fact, occurred_at=now, source=SOURCE)
    uow.touch("order", case_id)
    escalation.begin_risk(uow, policy, case_id, now)


def _risk_over(uow: UnitOfWork, case_id: UUID, cause: str, now: datetime) -> None:
    uow.emit(case_id, ev.SlaRiskOver(cause=cause), occurred_at=now, source=SOURCE)
    uow.touch("order", case_id)
    escalation.end_risk(uow, case_id, "reached" if cause == "reached" else "withdrawn", now)


def _risk(row: SlaForecast) -> Risk:
    return Risk(row.standing, row.changed_at, row.reason)


def _shown(row: SlaForecast) -> Forecast | None:
    """The forecast that the screens have; None where they have none."""
    if row.level is None:
        return None
    return Forecast(
        probability=row.probability,
        expected_at=row.expected_at,
        sd_s=row.sd_s,
        journey=row.journey,
        optimistic=row.optimistic,
        unknown=row.unknown,
        spender=_spender(row),
    )


def _spender(row: SlaForecast) -> Spender | None:
    if row.spender is None or row.responsible is None:
        return None
    return Spender(row.spender, row.responsible, row.over_s or 0.0)


def _write(row: SlaForecast, found: Forecast, journey: Journey) -> None:
    row.probability, row.expected_at, row.sd_s = found.probability, found.expected_at, found.sd_s
    row.journey, row.optimistic, row.unknown = found.journey, found.optimistic, found.unknown
    blame = found.spender
    row.spender = blame.code if blame else None
    row.responsible = blame.responsible if blame else None
    row.over_s = blame.over_s if blame else None
    row.travel_s = journey.eta.mean_s if journey.eta else None
