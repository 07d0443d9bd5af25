"""All queries of the service levels."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from core.models import Organisation
from sla.models import ClockStep, SlaCase, SlaForecast, SlaLadder, SlaTimer

_OPEN = (SlaTimer.fired_at.is_(None), SlaTimer.stopped_at.is_(None))
_NOT_SHOWN = (SlaTimer.fired_at.is_not(None), ~SlaTimer.shown)


def case_locked(session: Session, org_id: int, case_id: UUID) -> SlaCase | None:
    """The case, locked: whoever holds it may append to its stream."""
    query = select(SlaCase).where(SlaCase.org_id == org_id, SlaCase.id == case_id)
    return session.scalars(query.with_for_update()).one_or_none()


def take_case(session: Session, org_id: int, case_id: UUID) -> bool:
    """Lock a case without waiting; False where somebody else holds it."""
    query = select(SlaCase.id).where(SlaCase.org_id == org_id, SlaCase.id == case_id)
    found = session.scalars(query.with_for_update(skip_locked=True))
    return found.one_or_none() is not None


def cases_of(session: Session, org_id: int, ids: Sequence[UUID]) -> dict[UUID, SlaCase]:
    """Cases by the id of their order or ticket."""
    query = select(SlaCase).where(SlaCase.org_id == org_id, SlaCase.id.in_(ids))
    return {row.id: row for row in session.scalars(query)}


def timers_of(session: Session, org_id: int, case_ids: Sequence[UUID]) -> list[SlaTimer]:
    """All timers of these cases, by deadline."""
    query = (
        select(SlaTimer)
        .where(SlaTimer.org_id == org_id, SlaTimer.case_id.in_(case_ids))
        .order_by(SlaTimer.due_at, SlaTimer.id)
    )
    return list(session.scalars(query))


def timer(session: Session, org_id: int, timer_id: UUID) -> SlaTimer | None:
    return session.get(SlaTimer, (org_id, timer_id))


def dues(session: Session) -> dict[int, datetime]:
    """The earliest deadline that still runs, of each organisation that has one.

    One look into the index per organisation, however many deadlines there are.
    """
    first = (
        select(func.min(SlaTimer.due_at))
        .where(SlaTimer.org_id == Organisation.id, *_OPEN)
        .correlate(Organisation)
        .scalar_subquery()
    )
    found = session.execute(select(Organisation.id, first).order_by(Organisation.id))
    return {org_id: due_at for org_id, due_at in found if due_at is not None}


def claim_due(session: Session, org_id: int, now: datetime, limit: int) -> list[Any]:
    """Due timers, at least `limit` of them where there are so many, of cases that nobody else
    holds; the cases stay locked until the commit.
    """
    claim = (
        select(SlaCase.id)
        .join(SlaTimer, (SlaTimer.org_id == SlaCase.org_id) & (SlaTimer.case_id == SlaCase.id))
        .where(SlaTimer.org_id == org_id, *_OPEN, SlaTimer.due_at < now)
        .order_by(SlaTimer.due_at)
        .limit(limit)
        .with_for_update(of=SlaCase, skip_locked=True)
    )
    cases = set(session.scalars(claim))
    if not cases:
        return []
    # Looked at again under the lock: another sweep may have fired some since the claim began.
    query = (
        select(
            SlaTimer.id,
            SlaTimer.case_id,
            SlaTimer.code,
            SlaTimer.kind,
            SlaTimer.subject_id,
            SlaTimer.limit_s,
            SlaTimer.due_at,
            SlaTimer.armed_at,
            SlaTimer.clock_step,
        )
        .where(
            SlaTimer.org_id == org_id, SlaTimer.case_id.in_(cases), *_OPEN, SlaTimer.due_at < now
        )
        .order_by(SlaTimer.due_at, SlaTimer.id)
    )
    return list(session.execute(query))


def mark_fired(
    session: Session, org_id: int, late: Sequence[tuple[UUID, float]], now: datetime
) -> None:
    """These timers fired at `now`, so many seconds late; the screens are told later."""
    statement = text(
        "UPDATE sla_timer t SET fired_at = :now, withdrawn_at = NULL, shown = false,"
        " late_s = v.late_s FROM unnest(CAST(:ids AS uuid[]), CAST(:late AS float8[]))"
        " AS v(id, late_s) WHERE t.org_id = :org_id AND t.id = v.id"
    )
    ids, seconds = [id_ for id_, _ in late], [late_s for _, late_s in late]
    session.execute(statement, {"now": now, "ids": ids, "late": seconds, "org_id": org_id})


def organisations_to_show(session: Session) -> list[int]:
    """Organisations of which timers fired that the screens do not show yet."""
    waiting = select(SlaTimer.id).where(SlaTimer.org_id == Organisation.id, *_NOT_SHOWN)
    query = select(Organisation.id).where(waiting.correlate(Organisation).exists())
    return list(session.scalars(query.order_by(Organisation.id)))


def claim_to_show(session: Session, org_id: int, limit: int) -> set[UUID]:
    """Cases with such timers that nobody else holds; from here on they count as shown."""
    claim = (
        select(SlaCase.id)
        .join(SlaTimer, (SlaTimer.org_id == SlaCase.org_id) & (SlaTimer.case_id == SlaCase.id))
        .where(SlaTimer.org_id == org_id, *_NOT_SHOWN)
        .order_by(SlaTimer.due_at)
        .limit(limit)
        .with_for_update(of=SlaCase, skip_locked=True)
    )
    cases = set(session.scalars(claim))
    session.execute(
        update(SlaTimer)
        .where(SlaTimer.org_id == org_id, SlaTimer.case_id.in_(cases), *_NOT_SHOWN)
        .values(shown=True)
        .execution_options(synchronize_session=False)
    )
    return cases


def clock_steps(session: Session) -> dict[int, float]:
    """All steps of the clock: number and seconds. A healthy installation has none."""
    query = select(ClockStep.number, ClockStep.back_s).order_by(ClockStep.number)
    return {row.number: row.back_s for row in session.execute(query)}


def add_clock_step(session: Session, noticed_at: datetime, back_s: float) -> None:
    """The caller has looked whether another sweep was faster, under `lock_clock_steps`."""
    session.execute(insert(ClockStep).values(noticed_at=noticed_at, back_s=back_s))


def lock_clock_steps(session: Session) -> None:
    """One at a time until the commit."""
    session.execute(text("LOCK TABLE clock_step IN SHARE ROW EXCLUSIVE MODE"))


def next_due(session: Session) -> datetime | None:
    """The earliest deadline of all that still run; None where there is none."""
    return min(dues(session).values(), default=None)


def case_of(session: Session, org_id: int, id_: UUID) -> SlaCase | None:
    """The case of an order or ticket."""
    return session.get(SlaCase, (org_id, id_))


def policies_of(
    session: Session, org_id: int, case_ids: Collection[UUID]
) -> dict[UUID, tuple[str, int]]:
    """The policy of each case, with its version."""
    query = select(SlaCase.id, SlaCase.policy, SlaCase.policy_version).where(
        SlaCase.org_id == org_id, SlaCase.id.in_(case_ids)
    )
    return {id_: (policy, version) for id_, policy, version in session.execute(query)}


def climbed_for(session: Session, org_id: int, timer_ids: Collection[UUID]) -> list[SlaLadder]:
    """Ladders of these timers that have not ended."""
    query = select(SlaLadder).where(
        SlaLadder.org_id == org_id, SlaLadder.timer_id.in_(timer_ids), SlaLadder.ended_at.is_(None)
    )
    return list(session.scalars(query))


def open_ladders(session: Session, org_id: int, case_id: UUID) -> list[SlaLadder]:
    """Ladders of a case that have not ended."""
    query = select(SlaLadder).where(
        SlaLadder.org_id == org_id, SlaLadder.case_id == case_id, SlaLadder.ended_at.is_(None)
    )
    return list(session.scalars(query.order_by(SlaLadder.began_at, SlaLadder.id)))


def ladders_of(session: Session, org_id: int, case_ids: Sequence[UUID]) -> list[SlaLadder]:
    """All ladders of these cases, oldest first."""
    query = select(SlaLadder).where(SlaLadder.org_id == org_id, SlaLadder.case_id.in_(case_ids))
    return list(session.scalars(query.order_by(SlaLadder.began_at, SlaLadder.id)))


def organisations_climbing(session: Session, now: datetime) -> list[int]:
    """Organisations with a step that is due."""
    query = select(SlaLadder.org_id).where(SlaLadder.due_at <= now).distinct()
    return list(session.scalars(query.order_by(SlaLadder.org_id)))


def claim_ladders(
    session: Session, org_id: int, now: datetime, limit: int, only: UUID | None = None
) -> list[tuple[SlaLadder, SlaTimer]]:
    """Ladders with a due step of cases that nobody else holds; locked until the commit. `only`: of
    this case.
    """
    mine = (SlaLadder.org_id == org_id, SlaLadder.due_at <= now)
    due = exists().where(SlaLadder.case_id == SlaCase.id, *mine)
    claim = select(SlaCase.id).where(SlaCase.org_id == org_id, due).limit(limit)
    if only is not None:
        claim = claim.where(SlaCase.id == only)
    cases = list(session.scalars(claim.with_for_update(skip_locked=True)))
    if not cases:
        return []
    query = (
        select(SlaLadder, SlaTimer)
        .join(SlaTimer, (SlaTimer.org_id == SlaLadder.org_id) & (SlaTimer.id == SlaLadder.timer_id))
        .where(SlaLadder.case_id.in_(cases), *mine)
        .order_by(SlaLadder.due_at, SlaLadder.id)
    )
    return [(ladder, timer) for ladder, timer in session.execute(query)]


def next_step_due(session: Session) -> datetime | None:
    """When the next step of any ladder is due."""
    return session.scalar(select(func.min(SlaLadder.due_at)))


def mark_forecast(session: Session, org_id: int, case_id: UUID, now: datetime) -> None:
    """The promise of a case is to be looked at now."""
    statement = upsert(SlaForecast).values(org_id=org_id, id=case_id, next_at=now)
    session.execute(
        statement.on_conflict_do_update(index_elements=["org_id", "id"], set_={"next_at": now})
    )


def organisations_to_forecast(session: Session, now: datetime) -> list[int]:
    """Organisations with a promise that is to be looked at."""
    query = select(SlaForecast.org_id).where(SlaForecast.next_at <= now).distinct()
    return list(session.scalars(query.order_by(SlaForecast.org_id)))


def claim_forecasts(
    session: Session, org_id: int, now: datetime, limit: int, only: UUID | None = None
) -> list[SlaForecast]:
    """Promises to be looked at that nobody else looks at; locked until the commit. `only`: of this
    case.
    """
    query = (
        select(SlaForecast)
        .where(SlaForecast.org_id == org_id, SlaForecast.next_at <= now)
        .order_by(SlaForecast.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if only is not None:
        query = query.where(SlaForecast.id == only)
    return list(session.scalars(query))


def forecasts_due(session: Session, org_id: int, now: datetime, limit: int) -> list[UUID]:
    """Cases whose promise is to be looked at, the longest awaited first."""
    query = select(SlaForecast.id).where(SlaForecast.org_id == org_id, SlaForecast.next_at <= now)
    return list(session.scalars(query.order_by(SlaForecast.next_at).limit(limit)))


def postpone_forecast(
    session: Session, org_id: int, case_id: UUID, now: datetime, until: datetime
) -> None:
    """A promise that is to be looked at now is looked at later."""
    mine = (SlaForecast.org_id == org_id, SlaForecast.id == case_id, SlaForecast.next_at <= now)
    session.execute(update(SlaForecast).where(*mine).values(next_at=until))


def steps_due(session: Session, org_id: int, now: datetime, limit: int) -> list[UUID]:
    """Cases with a step that is due."""
    query = select(SlaLadder.case_id).where(SlaLadder.org_id == org_id, SlaLadder.due_at <= now)
    return list(dict.fromkeys(session.scalars(query.order_by(SlaLadder.due_at).limit(limit))))


def postpone_steps(
    session: Session, org_id: int, case_id: UUID, now: datetime, until: datetime
) -> None:
    """What is due of a case is due later."""
    mine = (SlaLadder.org_id == org_id, SlaLadder.case_id == case_id, SlaLadder.due_at <= now)
    session.execute(update(SlaLadder).where(*mine).values(due_at=until))


def next_forecast(session: Session) -> datetime | None:
    """When the next promise is to be looked at."""
    return session.scalar(select(func.min(SlaForecast.next_at)))


def forecasts_of(session: Session, org_id: int, case_ids: Collection[UUID]) -> list[SlaForecast]:
    query = select(SlaForecast).where(SlaForecast.org_id == org_id, SlaForecast.id.in_(case_ids))
    return list(session.scalars(query))


def timer_called(session: Session, org_id: int, case_id: UUID, code: str) -> UUID | None:
    """The id of a case's newest timer of that code."""
    query = select(SlaTimer.id).where(
        SlaTimer.org_id == org_id, SlaTimer.case_id == case_id, SlaTimer.code == code
    )
    return session.scalars(query.order_by(SlaTimer.starts_at.desc()).limit(1)).first()
