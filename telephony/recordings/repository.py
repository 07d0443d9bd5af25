"""All queries of recordings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.models import Organisation
from telephony.command_models import CarrierCommand
from telephony.models import Call, CarrierEventRow
from telephony.recordings.models import Recording, RecordingAccess
from telephony.recordings.rules import CONSENTED, OPEN, Report
from telephony.routing.models import AgentCall

CONVERSATION, MESSAGE = "conversation", "message"
_LOCK = 7_245_048


def organisations(session: Session) -> Sequence[int]:
    """All organisations."""
    return session.scalars(select(Organisation.id).order_by(Organisation.id)).all()


def one_recorder(session: Session, org_id: int) -> bool:
    """Whether nobody else works for this organisation until the commit."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK, org_id))))


def reports_of(session: Session, row: Recording) -> list[Report]:
    """All that the carrier has reported of a recording."""
    log = CarrierEventRow
    query = select(log.told).where(
        log.org_id == row.org_id,
        log.call_id == row.call_id,
        log.kind == "recording",
        log.told["more"]["recording"].astext == row.carrier_recording,
    )
    return [_report(told) for told in session.scalars(query)]


def _report(told: Any) -> Report:
    more = told["more"]
    begun = more.get("begun")
    return Report(
        event=told["word"],
        seconds=told.get("seconds"),
        begun=datetime.fromisoformat(begun) if begun else None,
        code=more.get("code", ""),
    )


def of_carrier(session: Session, carrier: str, carrier_recording: str) -> Recording | None:
    """A recording by the carrier's id, locked."""
    query = select(Recording).where(
        Recording.carrier == carrier, Recording.carrier_recording == carrier_recording
    )
    return session.scalars(query.with_for_update()).one_or_none()


def unnamed(session: Session, org_id: int, call_id: UUID) -> Recording | None:
    """The newest conversation of a call of which the carrier's id is not known, locked."""
    query = (
        select(Recording)
        .where(
            Recording.org_id == org_id,
            Recording.call_id == call_id,
            Recording.kind == CONVERSATION,
            Recording.carrier_recording.is_(None),
        )
        .order_by(Recording.id.desc())
        .limit(1)
    )
    return session.scalars(query.with_for_update()).one_or_none()


def add(session: Session, **values: Any) -> Recording | None:
    """A new recording; None where the call has an open one, or the carrier's id is known."""
    made = session.scalar(
        insert(Recording).values(**values).on_conflict_do_nothing().returning(Recording.id)
    )
    return None if made is None else session.get_one(Recording, (values["org_id"], made))


def open_of(session: Session, org_id: int, call_id: UUID) -> Recording | None:
    """The conversation of a call that is being recorded, locked."""
    query = select(Recording).where(
        Recording.org_id == org_id,
        Recording.call_id == call_id,
        Recording.kind == CONVERSATION,
        Recording.state.in_(OPEN),
    )
    return session.scalars(query.with_for_update()).one_or_none()


def _basis() -> Any:
    """What the caller was told or said last, of the call of the query around it."""
    log = CarrierEventRow
    return (
        select(log.told["more"]["basis"].astext)
        .where(
            log.org_id == Call.org_id,
            log.call_id == Call.id,
            log.kind == "flow",
            log.told["word"].astext == "consent",
        )
        .order_by(log.received_at.desc(), log.id.desc())
        .limit(1)
        .correlate(Call)
        .scalar_subquery()
    )


def _queue() -> Any:
    """The queue for which the call's agent was found, else the caller's last one."""
    part = (
        select(AgentCall.queue)
        .where(AgentCall.org_id == Call.org_id, AgentCall.call_id == Call.id)
        .order_by(AgentCall.began_at.desc(), AgentCall.id.desc())
        .limit(1)
        .correlate(Call)
        .scalar_subquery()
    )
    return func.coalesce(part, Call.queue)


class Spoken(NamedTuple):
    """A call in which an agent and a customer speak."""

    call: Call
    basis: str | None
    queue: str | None


def spoken(session: Session, org_id: int, call_id: UUID) -> Spoken:
    """What is known of the consent and the queue of a call."""
    query = select(Call, _basis(), _queue()).where(Call.org_id == org_id, Call.id == call_id)
    return Spoken(*session.execute(query).one())


def unrecorded(session: Session, org_id: int) -> list[Spoken]:
    """Calls in which people speak who have consented, and nothing was ever recorded."""
    known = exists().where(
        Recording.org_id == Call.org_id,
        Recording.call_id == Call.id,
        Recording.kind == CONVERSATION,
    )
    query = select(Call, _basis(), _queue()).where(
        Call.org_id == org_id,
        Call.state != "ended",
        Call.stage == "talking",
        ~known,
        _basis().in_(CONSENTED),
    )
    return [Spoken(*row) for row in session.execute(query)]


class Work(NamedTuple):
    """A recording with which something may be to do, and what became of the last command."""

    recording: Recording
    call_state: str
    command_state: str | None
    command_ref: str | None
    failure: str | None


def at_work(session: Session, org_id: int, id_: UUID | None = None) -> list[Work]:
    """Open and expiring recordings, locked; those that somebody else holds are left out."""
    query = (
        select(
            Recording,
            Call.state,
            CarrierCommand.state,
            CarrierCommand.carrier_ref,
            CarrierCommand.failure,
        )
        .join(Call, (Call.org_id == Recording.org_id) & (Call.id == Recording.call_id))
        .outerjoin(
            CarrierCommand,
            (CarrierCommand.org_id == Recording.org_id)
            & (CarrierCommand.id == Recording.command_id),
        )
        .where(Recording.org_id == org_id, Recording.state.in_((*OPEN, "expired")))
        .order_by(Recording.id)
        .with_for_update(of=Recording, skip_locked=id_ is None)
    )
    if id_ is not None:
        query = query.where(Recording.id == id_)
    return [Work(*row) for row in session.execute(query)]


def past_retention(
    session: Session, org_id: int, kind: str, before: datetime, limit: int
) -> Sequence[Recording]:
    """Recordings of a kind that began before this and that nobody keeps, locked."""
    query = (
        select(Recording)
        .where(
            Recording.org_id == org_id,
            Recording.kind == kind,
            Recording.state == "ready",
            Recording.begun_at < before,
            Recording.kept_at.is_(None),
        )
        .order_by(Recording.begun_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).all()


def locked(session: Session, org_id: int, id_: UUID) -> Recording | None:
    """A recording for a change."""
    return session.get(Recording, (org_id, id_), with_for_update=True, populate_existing=True)


def access(session: Session, org_id: int, id_: UUID) -> RecordingAccess | None:
    """That somebody said why a recording is listened to."""
    return session.get(RecordingAccess, (org_id, id_))


def agents_of(session: Session, org_id: int, call_id: UUID) -> Sequence[UUID]:
    """Whose desks show the call."""
    query = select(AgentCall.user_id).where(
        AgentCall.org_id == org_id, AgentCall.call_id == call_id
    )
    return sorted(set(session.scalars(query)))


class Lost(NamedTuple):
    """A recording of a call that is over, and whose end the carrier has not told."""

    org_id: int
    id: UUID
    call_id: UUID
    kind: str
    carrier: str
    carrier_recording: str


def unheard(session: Session, since: datetime, limit: int) -> list[Lost]:
    """Open recordings of calls that ended before this."""
    over: ColumnElement[bool] = (Call.state == "ended") & (Call.ended_at < since)
    query = (
        select(
            Recording.org_id,
            Recording.id,
            Recording.call_id,
            Recording.kind,
            Recording.carrier,
            Recording.carrier_recording,
        )
        .join(Call, (Call.org_id == Recording.org_id) & (Call.id == Recording.call_id))
        .where(Recording.state.in_(OPEN), over)
        .where(Recording.carrier_recording.is_not(None))
        .order_by(Recording.id)
        .limit(limit)
    )
    return [Lost(*row[:5], row[5] or "") for row in session.execute(query)]
