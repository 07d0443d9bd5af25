"""Reading orders of a period with all their points, for reports."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from core.identity import Access
from core.models import Unit
from core.rights import Scope
from dispatch.history.models import HistoryName
from dispatch.history.timeline import past_timelines
from dispatch.orders import loading
from dispatch.orders.lost_time import Units
from dispatch.orders.models import Assignment, Order, Stamp
from dispatch.reviews import repository as reviewing
from dispatch.reviews.rules import ReviewState
from sla.segments import Segment
from sla.timelines import Timeline

OWN_SYSTEM = "paidan"
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Case:
    """An order of the period. Centres and crews are unit ids, or codes where it was imported.

    `centre`: the one that has it now. `centres`: that of each hop. `hops`: the hop of each
    assignment.
    """

    id: UUID
    number: str
    system: str
    filed_at: datetime
    centre: str
    centres: dict[UUID, str]
    hops: dict[UUID, UUID]
    crews: dict[UUID, str]
    timelines: Sequence[Timeline]
    rulings: Mapping[tuple[str, UUID], ReviewState] = field(
        default_factory=lambda: MappingProxyType({})
    )

    @property
    def units(self) -> Units:
        """Who held which attempt."""
        return Units(self.centres, self.crews)

    def ruling_on(self, segment: Segment) -> ReviewState | None:
        """What was ruled on its breach, if anything was."""
        if segment.subject_id is None:
            return None
        return self.rulings.get((segment.code, segment.subject_id))

    def centre_of(self, subject_id: UUID | None) -> str:
        """The centre that a segment of this order, hop or assignment belongs to."""
        hop = self.hops.get(subject_id, subject_id) if subject_id else None
        return self.centres.get(hop, self.centre) if hop else self.centre


def cases(
    session: Session,
    org_id: int,
    access: Access,
    start: datetime,
    end: datetime,
    system: str | None,
) -> Iterator[Case]:
    """Orders filed in [start, end) that this reader may see; of one system, or of all."""
    query = (
        select(Order)
        .where(Order.org_id == org_id, Order.filed_at >= start, Order.filed_at < end)
        .order_by(Order.filed_at, Order.id)
        .execution_options(yield_per=_BATCH)
    )
    if system is not None:
        query = query.where(Order.system == system)
    for batch in session.scalars(_visible(query, access)).partitions():
        own = [row for row in batch if row.system == OWN_SYSTEM]
        past = [row for row in batch if row.system != OWN_SYSTEM]
        yield from _own(session, org_id, own)
        yield from _past(session, org_id, past)


def count_cases(
    session: Session,
    org_id: int,
    access: Access,
    start: datetime,
    end: datetime,
    system: str | None,
) -> int:
    """How many orders `cases` will give: what progress is measured against."""
    query = select(func.count(Order.id)).where(
        Order.org_id == org_id, Order.filed_at >= start, Order.filed_at < end
    )
    if system is not None:
        query = query.where(Order.system == system)
    return session.scalar(_visible(query, access)) or 0


def _visible(query: Select[Any], access: Access) -> Select[Any]:
    if access.scope is Scope.CENTRE:
        return query.where(Order.centre_id == access.unit_id)
    if access.scope is Scope.CREW:
        mine = exists().where(
            Assignment.org_id == Order.org_id,
            Assignment.order_id == Order.id,
            Assignment.crew_id == access.unit_id,
        )
        return query.where(mine)
    return query


def _own(session: Session, org_id: int, rows: Sequence[Order]) -> Iterator[Case]:
    if not rows:
        return
    rulings = reviewing.rulings_of(session, org_id, [row.id for row in rows])
    for one in loading.of_rows(session, org_id, rows):
        yield Case(
            id=one.row.id,
            number=one.row.number,
            system=one.row.system,
            filed_at=one.row.filed_at,
            centre=str(one.row.centre_id or ""),
            centres={hop.id: str(hop.centre_id) for hop in one.order.hops},
            hops={sent.id: sent.hop_id for sent in one.assignments if sent.hop_id},
            crews={sent.id: str(sent.crew_id or "") for sent in one.assignments},
            rulings=rulings[one.row.id],
            timelines=_of_fault(one.row, one.timelines),
        )


def _past(session: Session, org_id: int, rows: Sequence[Order]) -> Iterator[Case]:
    ids = [row.id for row in rows]
    if not ids:
        return
    crews: dict[UUID, dict[UUID, str]] = {id_: {} for id_ in ids}
    units = select(Assignment.order_id, Assignment.id, Assignment.crew_code).where(
        Assignment.org_id == org_id, Assignment.order_id.in_(ids)
    )
    for order_id, assignment_id, code in session.execute(units.order_by(Assignment.id)):
        crews[order_id][assignment_id] = code or ""
    points: dict[UUID, dict[UUID | None, dict[str, datetime]]] = {id_: {} for id_ in ids}
    stamps = select(Stamp.order_id, Stamp.assignment_id, Stamp.point, Stamp.at).where(
        Stamp.org_id == org_id, Stamp.order_id.in_(ids)
    )
    for owner, assignment, point, at in session.execute(stamps):
        if owner is not None:
            points[owner].setdefault(assignment, {})[point] = at
    for row in rows:
        mine = points[row.id]
        yield Case(
            id=row.id,
            number=row.number,
            system=row.system,
            filed_at=row.filed_at,
            centre=row.centre_code or "",
            centres={},
            hops={},
            crews=crews[row.id],
            timelines=past_timelines(
                row.id,
                row.area_class,
                max((at for times in mine.values() for at in times.values()), default=row.filed_at),
                mine.get(None, {}),
                [(id_, mine.get(id_, {})) for id_ in crews[row.id]],
            ),
        )


def _of_fault(row: Order, found: Iterable[Timeline]) -> list[Timeline]:
    """The timelines, with what failed among their facts, also where no case has kept it."""
    return [
        replace(one, facts=replace(one.facts, fault_class=one.facts.fault_class or row.fault_code))
        for one in found
    ]


def homes_of(session: Session, org_id: int) -> dict[str, str]:
    """Unit id → the centre that it belongs to, or itself."""
    units = select(Unit.id, Unit.centre_id).where(Unit.org_id == org_id)
    return {str(id_): str(centre or id_) for id_, centre in session.execute(units)}


def labels(session: Session, org_id: int) -> dict[str, tuple[str, str]]:
    """Code or unit id → name in Chinese and English."""
    units = select(Unit.id, Unit.name_zh, Unit.name_en).where(Unit.org_id == org_id)
    found = {str(id_): (zh, en) for id_, zh, en in session.execute(units)}
    names = select(HistoryName.code, HistoryName.name).where(HistoryName.org_id == org_id)
    return found | {code: (name, name) for code, name in session.execute(names)}
