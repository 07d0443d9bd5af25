"""All queries of telephony."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.ids import new_id
from core.models import Organisation
from telephony import story_repository
from telephony.command_models import CarrierCommand
from telephony.models import Call, CarrierEventRow, PhoneNumber
from telephony.rules import CallState, CarrierEvent


def organisation_of_report(session: Session, event: CarrierEvent) -> int | None:
    """Whose call it is about, where that is known already."""
    if event.conference:
        return _owner(session, Call, UUID(event.conference))
    if event.leg_id is not None:
        placed = _owner(session, CarrierCommand, event.leg_id)
        return placed if placed is not None else _owner(session, Call, event.leg_id)
    query = select(Call.org_id).where(
        Call.carrier == event.carrier, Call.carrier_call == event.carrier_call
    )
    return session.scalar(query)


def _owner(session: Session, table: type[Call] | type[CarrierCommand], id_: UUID) -> int | None:
    """The organisation of a row, where nothing but its id is known: the key begins with it."""
    organisations = select(Organisation.id).scalar_subquery()
    ours = func.any(func.array(organisations))
    return session.scalar(select(table.org_id).where(table.org_id == ours, table.id == id_))


def organisations_of_numbers(session: Session, numbers: Sequence[str]) -> dict[str, int]:
    """Number → organisation, for those that are registered."""
    query = select(PhoneNumber.number, PhoneNumber.org_id).where(PhoneNumber.number.in_(numbers))
    return {row.number: row.org_id for row in session.execute(query)}


def only_organisation(session: Session) -> int | None:
    """The organisation of an installation that has exactly one, the demo city not counted."""
    found = list(session.scalars(select(Organisation.id).where(~Organisation.demo).limit(2)))
    return found[0] if len(found) == 1 else None


def call_locked(session: Session, org_id: int, event: CarrierEvent) -> tuple[Call, bool]:
    """The call of a report, locked, made if it is new. Returns (row, whether it is new).

    A leg that was placed within a call belongs to that one, a leg by itself is a call with its id.
    Two first reports at once meet at the unique index: the second waits and finds the row.
    """
    call_id = UUID(event.conference) if event.conference else None
    if event.leg_id is not None and call_id is None:
        placed = session.get(CarrierCommand, (org_id, event.leg_id))
        call_id = (placed.call_id if placed is not None else None) or event.leg_id
    if call_id is not None:
        known = session.get(Call, (org_id, call_id), with_for_update=True, populate_existing=True)
        if known is not None:
            return known, False
    made = session.scalar(
        insert(Call)
        .values(
            org_id=org_id,
            id=event.leg_id or new_id(),
            carrier=event.carrier,
            carrier_call=event.carrier_call,
            direction=event.direction,
            from_number=event.from_number,
            to_number=event.to_number,
            state="opened",
            opened_at=event.at,
        )
        .on_conflict_do_nothing()
        .returning(Call.id)
    )
    query = select(Call).where(
        Call.carrier == event.carrier, Call.carrier_call == event.carrier_call
    )
    return session.scalars(query.with_for_update()).one(), made is not None


def log_once(session: Session, call: Call, event: CarrierEvent) -> bool:
    """Keep a report in the log; False when it is there already."""
    logged = session.scalar(
        insert(CarrierEventRow)
        .values(
            org_id=call.org_id,
            id=new_id(),
            call_id=call.id,
            carrier=event.carrier,
            carrier_call=event.carrier_call,
            kind=event.kind,
            dedup_key=event.dedup_key,
            received_at=event.received_at,
            params=dict(event.params),
            at=event.believed_at,
            told=story_repository.told_of(event),
        )
        .on_conflict_do_nothing(index_elements=["org_id", "carrier", "dedup_key"])
        .returning(CarrierEventRow.id)
    )
    return logged is not None


def state_of(call: Call) -> CallState:
    """The state that a row holds; equals the fold of the call's stream."""
    return CallState(
        carrier=call.carrier,
        carrier_call=call.carrier_call,
        direction=call.direction,
        opened_at=call.opened_at,
        state=call.state,
        ended_at=call.ended_at,
        end_state=call.end_state,
        evidence=call.evidence,
        uncertainty_s=call.uncertainty_s,
        taken_by=call.taken_by,
        taken_at=call.taken_at,
        stage=call.stage,
        queue=call.queue,
        concluded=story_repository.conclusion_of(call),
    )


def write_state(call: Call, state: CallState) -> None:
    """Make the row hold `state`."""
    call.state = state.state
    call.opened_at = state.opened_at
    call.ended_at = state.ended_at
    call.end_state = state.end_state
    call.evidence = state.evidence
    call.uncertainty_s = state.uncertainty_s
    call.taken_by = state.taken_by
    call.taken_at = state.taken_at
    call.stage = state.stage
    call.queue = state.queue
    if state.concluded is not None:
        for name, value in asdict(state.concluded).items():
            setattr(call, name, value)


def end_shared(
    session: Session, org_id: int, call_id: UUID
) -> Row[datetime | None, str | None, float | None] | None:
    """(ended_at, evidence, uncertainty_s) of a call, locked against ending until the commit."""
    query = select(Call.ended_at, Call.evidence, Call.uncertainty_s).where(
        Call.org_id == org_id, Call.id == call_id
    )
    return session.execute(query.with_for_update(read=True)).one_or_none()


def inbound_locked(session: Session, org_id: int, call_id: UUID) -> Call | None:
    """A caller's call, locked for a change; None if there is no such call."""
    query = select(Call).where(
        Call.org_id == org_id, Call.id == call_id, Call.direction == "inbound"
    )
    return session.scalars(query.with_for_update()).one_or_none()
