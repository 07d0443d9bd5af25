"""All queries of telephony."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, null, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.ids import new_id
from core.models import Organisation
from telephony import story_repository
from telephony.command_models import CarrierCommand
from telephony.models import Call, CarrierEventRow, PhoneNumber
from telephony.rules import CallState, CarrierEvent


def owners(session: Session, events: Sequence[CarrierEvent]) -> list[int | None]:
    """The organisation of each report, where its call or the command for its leg is known."""
    ids = {id_ for one in events if (id_ := one.named) is not None}
    calls = {(one.carrier, one.carrier_call) for one in events if one.named is None}
    by_id = _owners(session, ids) if ids else {}
    by_call: dict[tuple[str, str], int] = {}
    if calls:
        query = select(Call.carrier, Call.carrier_call, Call.org_id).where(_among(calls))
        by_call = {(row[0], row[1]): row[2] for row in session.execute(query)}
    return [
        by_call.get((one.carrier, one.carrier_call)) if one.named is None else by_id.get(one.named)
        for one in events
    ]


def _owners(session: Session, ids: Iterable[UUID]) -> dict[UUID, int]:
    """Id of a call or of a command → organisation; the keys of both begin with that."""
    ours = func.any(func.array(select(Organisation.id).scalar_subquery()))
    found: list[Select[UUID, int]] = [
        select(table.id, table.org_id).where(table.org_id == ours, table.id.in_(ids))
        for table in (CarrierCommand, Call)
    ]
    return {row[0]: row[1] for row in session.execute(union_all(*found))}


def _among(calls: Iterable[tuple[str, str]]) -> ColumnElement[bool]:
    return tuple_(Call.carrier, Call.carrier_call).in_(list(calls))


def organisations_of_numbers(
    session: Session, numbers: Collection[str]
) -> tuple[dict[str, int], int | None]:
    """Number → organisation, for those that are registered; and the organisation of an installation
    that has exactly one, the demo city not counted.
    """
    registered = select(PhoneNumber.number, PhoneNumber.org_id).where(
        PhoneNumber.number.in_(numbers), PhoneNumber.withdrawn_at.is_(None)
    )
    real = select(null(), Organisation.id).where(~Organisation.demo).limit(2)
    found: dict[str, int] = {}
    every: list[int] = []
    rows: Iterable[Row[str | None, int]] = session.execute(union_all(registered, real))
    for number, org_id in rows:
        if number is None:
            every.append(org_id)
        else:
            found[number] = org_id
    return found, every[0] if len(every) == 1 else None


def numbers_of(session: Session, org_id: int) -> Sequence[PhoneNumber]:
    """The organisation's own numbers, the first that was registered first."""
    query = select(PhoneNumber).where(
        PhoneNumber.org_id == org_id, PhoneNumber.withdrawn_at.is_(None)
    )
    return session.scalars(query.order_by(PhoneNumber.registered_at, PhoneNumber.number)).all()


def add_number(
    session: Session, org_id: int, id_: UUID, number: str, label: str, at: datetime
) -> bool:
    """Register a number; False where somebody has it."""
    values = {"org_id": org_id, "id": id_, "number": number, "label": label, "registered_at": at}
    made = insert(PhoneNumber).values(**values).on_conflict_do_nothing().returning(PhoneNumber.id)
    return session.scalar(made) is not None


def number_locked(session: Session, org_id: int, number_id: UUID) -> PhoneNumber | None:
    """A number that is the organisation's, locked for a change."""
    query = select(PhoneNumber).where(
        PhoneNumber.org_id == org_id,
        PhoneNumber.id == number_id,
        PhoneNumber.withdrawn_at.is_(None),
    )
    return session.scalars(query.with_for_update()).one_or_none()


def commands(session: Session, org_id: int, ids: Iterable[UUID]) -> dict[UUID, CarrierCommand]:
    """Commands by their id, which is that of the leg that they place."""
    wanted = list(ids)
    if not wanted:
        return {}
    query = select(CarrierCommand).where(
        CarrierCommand.org_id == org_id, CarrierCommand.id.in_(wanted)
    )
    return {row.id: row for row in session.scalars(query)}


def call_ids(
    session: Session,
    org_id: int,
    events: Sequence[CarrierEvent],
    placed: Mapping[UUID, CarrierCommand],
) -> tuple[list[UUID], set[UUID]]:
    """The call of each report, made where it is new. Returns (ids, those that are new).

    `placed`: the commands that placed legs, by their id.
    A leg that was placed within a call belongs to that one, a leg by itself is a call with its id.
    Two first reports at once meet at the unique index: the second waits and finds the row.
    """
    named = [_call_named(one, placed) for one in events]
    wanted = {id_ for id_ in named if id_ is not None}
    known = _known(session, org_id, wanted) if wanted else set()
    others = [one for one, id_ in zip(events, named, strict=True) if id_ not in known]
    by_call = _by_carrier_call(session, others) if others else {}
    new = [one for one in others if (one.carrier, one.carrier_call) not in by_call]
    made = _made(session, org_id, new) if new else {}
    by_call |= made
    if any((one.carrier, one.carrier_call) not in by_call for one in new):
        by_call |= _by_carrier_call(session, new)
    return [
        id_ if id_ is not None and id_ in known else by_call[one.carrier, one.carrier_call]
        for one, id_ in zip(events, named, strict=True)
    ], set(made.values())


def _call_named(event: CarrierEvent, commands: Mapping[UUID, CarrierCommand]) -> UUID | None:
    if event.conference:
        return UUID(event.conference)
    placed = commands.get(event.leg_id) if event.leg_id is not None else None
    return (placed.call_id if placed is not None else None) or event.leg_id


def _known(session: Session, org_id: int, ids: Iterable[UUID]) -> set[UUID]:
    query = select(Call.id).where(Call.org_id == org_id, Call.id.in_(ids))
    return set(session.scalars(query))


def _by_carrier_call(
    session: Session, events: Sequence[CarrierEvent]
) -> dict[tuple[str, str], UUID]:
    calls = {(one.carrier, one.carrier_call) for one in events}
    query = select(Call.carrier, Call.carrier_call, Call.id).where(_among(calls))
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def _made(
    session: Session, org_id: int, events: Sequence[CarrierEvent]
) -> dict[tuple[str, str], UUID]:
    """Calls whose first reports these are; a call that is known is left as it is."""
    first: dict[tuple[str, str], CarrierEvent] = {}
    for one in events:
        first.setdefault((one.carrier, one.carrier_call), one)
    rows = [
        {
            "org_id": org_id,
            "id": one.leg_id or one.call_id,
            "carrier": one.carrier,
            "carrier_call": one.carrier_call,
            "direction": one.direction,
            "from_number": one.from_number,
            "to_number": one.to_number,
            "state": "opened",
            "opened_at": one.at,
        }
        for _, one in sorted(first.items())
    ]
    made = insert(Call).on_conflict_do_nothing()
    columns = made.returning(Call.carrier, Call.carrier_call, Call.id)
    return {(row[0], row[1]): row[2] for row in session.execute(columns, rows)}


def calls_locked(
    session: Session, org_id: int, ids: Iterable[UUID], *, wait: bool
) -> dict[UUID, Call]:
    """These calls, locked for a change; where not `wait`, without those that others hold.

    Who only refers to a call (its log, its tickets) is not kept waiting.
    """
    query = select(Call).where(Call.org_id == org_id, Call.id.in_(set(ids))).order_by(Call.id)
    locked = query.with_for_update(key_share=True, skip_locked=not wait)
    found = session.scalars(locked.execution_options(populate_existing=True))
    return {call.id: call for call in found}


def log(session: Session, told: Sequence[tuple[Call, CarrierEvent]]) -> set[str]:
    """Keep reports in the log. Returns the keys of those that were not there."""
    rows = [
        {
            "org_id": call.org_id,
            "id": new_id(),
            "call_id": call.id,
            "carrier": event.carrier,
            "carrier_call": event.carrier_call,
            "kind": event.kind,
            "dedup_key": event.dedup_key,
            "received_at": event.received_at,
            "params": dict(event.params),
            "at": event.believed_at,
            "told": story_repository.told_of(event),
        }
        for call, event in told
    ]
    if not rows:
        return set()
    logged = insert(CarrierEventRow).on_conflict_do_nothing(
        index_elements=["org_id", "carrier", "dedup_key"]
    )
    return set(session.scalars(logged.returning(CarrierEventRow.dedup_key), rows))


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
