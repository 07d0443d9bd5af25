"""All queries of desks, their leases and the stretches in which they were closed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.models import Unit
from dispatch.desks.models import Desk, DeskClosing, DeskLease
from dispatch.desks.rules import Closing, DeskState, Lease
from dispatch.orders.models import Assignment, CentreHop, Order, Stamp

DESK_FIELDS = tuple(field.name for field in fields(DeskState))
LEASE_FIELDS = tuple(field.name for field in fields(Lease))
DESK_KINDS = ("hotline", "centre")


@dataclass(frozen=True, slots=True)
class Saying:
    """What a process says of one unit now, as columns of its lease."""

    org_id: int
    unit_id: UUID
    lease: Lease


def say(session: Session, process_id: UUID, said: Collection[Saying]) -> None:
    """Write the leases of one process."""
    if not said:
        return
    rows = [
        {
            "org_id": one.org_id,
            "unit_id": one.unit_id,
            "process_id": process_id,
            **{name: getattr(one.lease, name) for name in LEASE_FIELDS},
        }
        for one in sorted(said, key=lambda one: (one.org_id, one.unit_id))
    ]
    statement = insert(DeskLease)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["org_id", "unit_id", "process_id"],
            set_={name: statement.excluded[name] for name in LEASE_FIELDS},
        ),
        rows,
    )


def desks(session: Session, org_id: int) -> dict[UUID, DeskState]:
    """The state of every desk that ever said anything."""
    rows = session.scalars(
        select(Desk).where(Desk.org_id == org_id).execution_options(populate_existing=True)
    )
    return {row.id: desk_state(row) for row in rows}


def desk_state(row: Desk) -> DeskState:
    return DeskState(**{name: getattr(row, name) for name in DESK_FIELDS})


def leases(session: Session, org_id: int) -> dict[UUID, list[Lease]]:
    """What the processes say, by unit."""
    found: dict[UUID, list[Lease]] = {}
    query = select(DeskLease).where(DeskLease.org_id == org_id)
    for row in session.scalars(query.execution_options(populate_existing=True)):
        values = {name: getattr(row, name) for name in LEASE_FIELDS}
        found.setdefault(row.unit_id, []).append(Lease(**values))
    return found


def drop_leases(session: Session, org_id: int, unit_id: UUID, before: datetime) -> None:
    """Forget leases that ran out before a real moment."""
    session.execute(
        delete(DeskLease).where(
            DeskLease.org_id == org_id, DeskLease.unit_id == unit_id, DeskLease.until <= before
        )
    )


def desk_units(session: Session, org_id: int) -> dict[UUID, str]:
    """Kind of each unit that has a desk or phones: hotline, centres, crews; not those closed."""
    query = select(Unit.id, Unit.kind).where(
        Unit.org_id == org_id, Unit.kind.in_((*DESK_KINDS, "crew")), Unit.active
    )
    return dict(session.execute(query).all())


def lock_unit(session: Session, org_id: int, unit_id: UUID) -> bool:
    """Hold a unit, so that one process at a time records facts of its desk. False: another does."""
    query = select(Unit.id).where(Unit.org_id == org_id, Unit.id == unit_id)
    locked = query.with_for_update(skip_locked=True, key_share=True)
    return session.execute(locked).first() is not None


def save(session: Session, org_id: int, unit_id: UUID, state: DeskState) -> None:
    """Write the projection of a desk."""
    values = {name: getattr(state, name) for name in DESK_FIELDS}
    statement = insert(Desk).values(org_id=org_id, id=unit_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["org_id", "id"], set_=values))


def begin_closing(session: Session, org_id: int, unit_id: UUID, at: datetime) -> None:
    """From `at` on the desk is on duty and closed; nothing changes where it was."""
    open_one = select(DeskClosing.start).where(
        DeskClosing.org_id == org_id, DeskClosing.unit_id == unit_id, DeskClosing.end.is_(None)
    )
    if session.execute(open_one).first() is None:
        values = {"org_id": org_id, "unit_id": unit_id, "start": at}
        session.execute(
            insert(DeskClosing)
            .values(**values)
            .on_conflict_do_update(
                index_elements=["org_id", "unit_id", "start"], set_={"end": None}
            )
        )


def end_closing(session: Session, org_id: int, unit_id: UUID, at: datetime) -> None:
    """Up to `at` the desk was on duty and closed; a stretch without length is none."""
    lasting = (
        DeskClosing.org_id == org_id,
        DeskClosing.unit_id == unit_id,
        DeskClosing.end.is_(None),
    )
    session.execute(delete(DeskClosing).where(*lasting, DeskClosing.start >= at))
    session.execute(update(DeskClosing).where(*lasting).values(end=at))


def closings_of(
    session: Session, org_id: int, unit_ids: Iterable[UUID | None], since: datetime | None
) -> dict[UUID, list[Closing]]:
    """Stretches of these units that end after `since`, in order."""
    wanted = {one for one in unit_ids if one is not None}
    if not wanted or since is None:
        return {}
    query = (
        select(DeskClosing)
        .where(
            DeskClosing.org_id == org_id,
            DeskClosing.unit_id.in_(wanted),
            or_(DeskClosing.end.is_(None), DeskClosing.end > since),
        )
        .order_by(DeskClosing.unit_id, DeskClosing.start)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[Closing]] = {}
    for row in session.scalars(query):
        found.setdefault(row.unit_id, []).append(Closing(row.start, row.end))
    return found


def orders_touched(session: Session, org_id: int, unit_id: UUID, since: datetime) -> list[UUID]:
    """Orders on their way to this unit's screen now, or that came after `since`; by id."""
    waiting = select(Order.id).where(
        Order.org_id == org_id, Order.state == "released", Order.centre_id == unit_id
    )
    sent = select(Assignment.order_id).where(
        Assignment.org_id == org_id, Assignment.crew_id == unit_id, Assignment.state == "sent"
    )
    came = (
        select(Stamp.order_id)
        .outerjoin(CentreHop, (CentreHop.org_id == Stamp.org_id) & (CentreHop.id == Stamp.hop_id))
        .outerjoin(
            Assignment,
            (Assignment.org_id == Stamp.org_id) & (Assignment.id == Stamp.assignment_id),
        )
        .where(
            Stamp.org_id == org_id,
            Stamp.point.in_(("C", "centre_accepted", "E", "F")),
            Stamp.at > since,
            or_(CentreHop.centre_id == unit_id, Assignment.crew_id == unit_id),
        )
    )
    found = {*session.scalars(waiting), *session.scalars(sent), *session.scalars(came)}
    return sorted(one for one in found if one is not None)
