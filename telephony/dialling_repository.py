"""All queries of the dialler."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session, aliased

from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.models import Call

OPEN = ("waiting", "sending", "unsure")
LEADER = 0x70_64_69_61_6C  # "pdial"
MATCHING = LEADER + 1


def expired(session: Session, real: datetime, limit: int) -> list[tuple[int, UUID]]:
    """Commands that wait and are of no use any more."""
    query = select(CarrierCommand.org_id, CarrierCommand.id).where(
        CarrierCommand.state == "waiting", CarrierCommand.expires_at <= real
    )
    return [(row.org_id, row.id) for row in session.execute(query.limit(limit))]


def orphans(session: Session, running: Collection[UUID]) -> list[tuple[int, UUID]]:
    """Tries whose end nobody will write: none of those that are running."""
    query = select(CarrierCommand.org_id, CarrierCommand.id).where(
        CarrierCommand.state == "sending", CarrierCommand.id.not_in(running)
    )
    return [(row.org_id, row.id) for row in session.execute(query)]


def open_ones(session: Session, real: datetime, limit: int) -> list[tuple[int, UUID]]:
    """Commands that are due and have not ended."""
    query = select(CarrierCommand.org_id, CarrierCommand.id).where(
        CarrierCommand.state.in_(("waiting", "unsure")), CarrierCommand.due_at <= real
    )
    return [(row.org_id, row.id) for row in session.execute(query.limit(limit))]


def due(
    session: Session,
    real: datetime,
    *,
    kinds: Collection[str],
    state: str,
    running: Collection[UUID],
    spent: Collection[str] = (),
    below: int | None = None,
    limit: int = 1,
) -> Sequence[CarrierCommand]:
    """Commands whose turn it is, the most urgent first, locked.

    `spent`: numbers of ours that may not send just now. `below`: priorities before this one only.
    A command about a leg waits for those about it that were asked for before, a hang-up does not.
    """
    before = aliased(CarrierCommand)
    earlier = select(before.id).where(
        before.org_id == CarrierCommand.org_id,
        before.call_id == CarrierCommand.call_id,
        before.leg_id == CarrierCommand.leg_id,
        before.id < CarrierCommand.id,
        before.state.in_(OPEN),
    )
    query = (
        select(CarrierCommand)
        .where(
            CarrierCommand.state == state,
            CarrierCommand.kind.in_(kinds),
            CarrierCommand.due_at <= real,
            CarrierCommand.id.not_in(running),
            ~CarrierCommand.held | (CarrierCommand.state != "waiting"),
            (CarrierCommand.kind == "hang_up") | ~earlier.exists(),
        )
        .order_by(CarrierCommand.priority, CarrierCommand.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=CarrierCommand)
    )
    if below is not None:
        query = query.where(CarrierCommand.priority < below)
    if spent:
        query = query.where(CarrierCommand.from_number.not_in(spent))
    return session.scalars(query).all()


def next_due(session: Session, running: Collection[UUID]) -> datetime | None:
    """When the next command is due; real time."""
    query = select(func.min(CarrierCommand.due_at)).where(
        (CarrierCommand.state == "unsure")
        | ((CarrierCommand.state == "waiting") & ~CarrierCommand.held),
        CarrierCommand.id.not_in(running),
    )
    return session.scalar(query)


def locked(session: Session, org_id: int, id_: UUID) -> CarrierCommand:
    """A command, for its end to be written."""
    return session.get_one(CarrierCommand, (org_id, id_), with_for_update=True)


def leg_of(session: Session, org_id: int, leg_id: UUID) -> tuple[str | None, bool]:
    """The carrier's id of a leg, and whether it may still come where it is not known."""
    placed = session.get(CarrierCommand, (org_id, leg_id))
    if placed is not None and placed.carrier_ref:
        return placed.carrier_ref, False
    leg = session.get(CallLeg, (org_id, leg_id))
    if leg is not None and leg.carrier_call:
        return leg.carrier_call, False
    call = session.get(Call, (org_id, leg_id))
    if call is not None:
        return call.carrier_call, False
    return None, placed is not None and placed.state in OPEN


def known(session: Session, carrier: str, refs: Collection[str]) -> set[str]:
    """Which of the carrier's ids belong to something that we know already."""
    if not refs:
        return set()
    query = union_all(*(_refs(column, table, carrier, refs) for column, table in _WHERE_REFS))
    return set(session.scalars(query))


_WHERE_REFS: tuple[tuple[Any, Any], ...] = (
    (CarrierCommand.carrier_ref, CarrierCommand),
    (CallLeg.carrier_call, CallLeg),
    (Call.carrier_call, Call),
)


def _refs(column: Any, table: Any, carrier: str, refs: Collection[str]) -> Any:
    return select(column).where(table.carrier == carrier, column.in_(refs))


def unanswered(session: Session, org_id: int) -> Sequence[CarrierCommand]:
    """Open commands that the carrier left without an answer, locked if nobody else holds them."""
    query = _unanswered(select(CarrierCommand), org_id)
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def unanswered_now(session: Session, org_id: int) -> tuple[datetime | None, int]:
    """Since when the carrier answers nothing, and how many commands wait for an answer."""
    query = select(func.min(CarrierCommand.unanswered_since), func.count())
    since, count = session.execute(_unanswered(query, org_id)).one()
    return since, count


def silent_organisations(session: Session) -> set[int]:
    """Those with commands that the carrier left without an answer."""
    query = select(CarrierCommand.org_id).where(
        CarrierCommand.state.in_(OPEN), CarrierCommand.unanswered_since.is_not(None)
    )
    return set(session.scalars(query.distinct()))


def _unanswered(query: Any, org_id: int) -> Any:
    return query.where(
        CarrierCommand.org_id == org_id,
        CarrierCommand.state.in_(OPEN),
        CarrierCommand.unanswered_since.is_not(None),
    )


def match_alone(session: Session) -> None:
    """Until the commit nobody else gives what the carrier has to a command."""
    session.execute(select(func.pg_advisory_xact_lock(MATCHING)))
