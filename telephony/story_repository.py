"""Evidence of calls, and the rows that are made of it: calls' legs and stays in queues."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.events import CallConcluded
from core.ids import new_id
from telephony.leg_models import CallLeg
from telephony.models import Call, CarrierEventRow, QueueStay, UntoldReport
from telephony.rules import CarrierEvent
from telephony.spans import seconds
from telephony.story import Story
from telephony.story_legs import Evidence, LegStory
from telephony.untold_repository import Decided


def told_of(event: CarrierEvent) -> dict[str, Any]:
    """What a report says to the story, as it is kept; what is blank is left out."""
    word = event.queue_result or event.event or event.step
    told: dict[str, Any] = {
        "status": event.status,
        "word": word,
        "sequence": event.sequence if event.sequence >= 0 else None,
        "seconds": event.queue_s,
        "reason": event.reason,
        "room": event.room,
    }
    if event.kind == "recording":
        told |= {"seconds": event.recording_s, "more": _recorded(event)}
    return {name: value for name, value in told.items() if value not in ("", None)}


def _recorded(event: CarrierEvent) -> dict[str, str]:
    begun = event.recording_at.isoformat() if event.recording_at else ""
    more = {"recording": event.recording, "of": event.recorded, "begun": begun}
    more["code"] = event.error_code
    return {name: value for name, value in more.items() if value}


def log_decisions(
    session: Session,
    call: Call,
    decided: Sequence[tuple[str, str, Mapping[str, Any]]],
    at: datetime,
) -> bool:
    """Keep what we decided ourselves (word, key, more) as evidence; False when all is there."""
    return log_flow(session, [(call, word, key, more, at) for word, key, more in decided])


def log_flow(
    session: Session, decided: Sequence[tuple[Call, str, str, Mapping[str, Any], datetime]]
) -> bool:
    """Keep what we decided for calls: (call, word, key, more, when). False when all is there."""
    rows = [
        {
            "org_id": call.org_id,
            "id": new_id(),
            "call_id": call.id,
            "carrier": call.carrier,
            "carrier_call": "",
            "kind": "flow",
            "dedup_key": f"{call.id}:flow:{word}:{key}",
            "received_at": at,
            "params": {},
            "told": {"word": word, "more": dict(more)},
        }
        for call, word, key, more, at in decided
    ]
    if not rows:
        return False
    logged = insert(CarrierEventRow).on_conflict_do_nothing(
        index_elements=["org_id", "carrier", "dedup_key"]
    )
    return bool(session.scalars(logged.returning(CarrierEventRow.id), rows).all())


def evidence_of(
    session: Session, org_id: int, call_ids: Sequence[UUID]
) -> dict[UUID, list[Evidence]]:
    """All that is known of each call. What was logged before stories were told is left out."""
    row = CarrierEventRow
    query = select(
        row.call_id, row.kind, row.carrier_call, row.received_at, row.at, row.told
    ).where(row.org_id == org_id, row.call_id.in_(call_ids), row.told.is_not(None))
    found: dict[UUID, list[Evidence]] = {id_: [] for id_ in call_ids}
    for call_id, kind, party, received_at, at, told in session.execute(query):
        found[call_id].append(_evidence(kind, party, received_at, at, told))
    return found


def evidence_in(event: CarrierEvent) -> Evidence:
    """A report as evidence: what the log gives for it."""
    return _evidence(
        event.kind, event.carrier_call, event.received_at, event.believed_at, told_of(event)
    )


def decisions_in(event: CarrierEvent, decided: Decided) -> list[Evidence]:
    """What was decided when a report was answered, as evidence: what the log gives for it."""
    return [
        _evidence("flow", "", event.received_at, None, {"word": word, "more": dict(more)})
        for word, more in decided
    ]


def _evidence(
    kind: str, party: str, received_at: datetime, at: datetime | None, told: Mapping[str, Any]
) -> Evidence:
    more = _hashable(told.get("more", {}))
    return Evidence(kind, party, received_at, at, **{**told, "more": more})


def is_told(session: Session, call: Call) -> bool:
    """Whether its rows hold all that is in the log: nothing there is older than stories, and
    nothing waits to be told.
    """
    row = CarrierEventRow
    query = select(func.count(), func.count(row.told)).where(
        row.org_id == call.org_id, row.call_id == call.id
    )
    every, told = session.execute(query).one()
    untold = select(UntoldReport.id).where(
        UntoldReport.carrier_call == call.carrier_call,
        UntoldReport.logged,
        UntoldReport.failed_at.is_(None),
    )
    return 0 < every == told and not session.scalar(select(untold.exists()))


def _hashable(more: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in sorted(more.items())
    )


def legs_of(session: Session, org_id: int, call_ids: Sequence[UUID]) -> dict[UUID, list[CallLeg]]:
    """The legs of each call, the first that was placed first."""
    query = select(CallLeg).where(CallLeg.org_id == org_id, CallLeg.call_id.in_(call_ids))
    found: dict[UUID, list[CallLeg]] = {id_: [] for id_ in call_ids}
    for leg in session.scalars(query.order_by(CallLeg.placed_at, CallLeg.id)):
        found[leg.call_id].append(leg)
    return found


def stays_of(
    session: Session, org_id: int, call_ids: Sequence[UUID]
) -> dict[UUID, dict[int, QueueStay]]:
    """The stays of each call in queues, by number."""
    query = select(QueueStay).where(QueueStay.org_id == org_id, QueueStay.call_id.in_(call_ids))
    found: dict[UUID, dict[int, QueueStay]] = {id_: {} for id_ in call_ids}
    for stay in session.scalars(query):
        found[stay.call_id][stay.number] = stay
    return found


def write_leg(row: CallLeg, leg: LegStory) -> None:
    """Make the row hold what is told of the leg."""
    row.state = leg.state
    row.ringing_at = leg.ringing_at
    row.answered_at = leg.answered_at
    row.ended_at = leg.ended_at
    row.end_state = leg.end_state
    row.joined_at = leg.present[0].begin if leg.present else None
    row.left_at = leg.present[-1].end if leg.present else None
    held = leg.held[-1] if leg.held else None
    row.held_since = held.begin if held and held.end is None else None
    row.held_s = seconds(leg.held)


def write_stays(session: Session, call: Call, rows: dict[int, QueueStay], story: Story) -> None:
    """Make the rows hold the stays that are told of."""
    for number, stay in enumerate(story.stays, start=1):
        row = rows.get(number)
        if row is None:
            row = QueueStay(org_id=call.org_id, call_id=call.id, number=number)
            session.add(row)
            rows[number] = row
        row.queue = stay.queue
        row.entered_at = stay.entered_at
        row.left_at = stay.left_at
        row.result = stay.result
        row.priority = stay.priority
        row.language = stay.language
        row.skills = list(stay.skills)


def conclusion_of(call: Call) -> CallConcluded | None:
    """What a row says that became of its call."""
    if call.outcome is None:
        return None
    return CallConcluded(**{one.name: getattr(call, one.name) for one in fields(CallConcluded)})
