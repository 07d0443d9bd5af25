"""Orders with all that their timelines are made from: many at once, in a few queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.desks.rules import Closing
from dispatch.holds import repository as holding
from dispatch.holds.rules import HoldState
from dispatch.orders import repository
from dispatch.orders.lost_time import Units
from dispatch.orders.models import Order
from dispatch.orders.rules import AssignmentState, OrderState
from dispatch.orders.stamps import StampState
from dispatch.orders.timeline import Busy, timelines
from sla import repository as sla
from sla.models import SlaCase
from sla.rules import facts_of
from sla.timelines import Timeline


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one order. `case`: None where it is under no policy."""

    row: Order
    order: OrderState
    assignments: Sequence[AssignmentState]
    stamps: Sequence[StampState]
    case: SlaCase | None
    busy: Sequence[Busy]
    closed: Mapping[UUID, Sequence[Closing]]
    holds: Sequence[HoldState]

    @property
    def timelines(self) -> list[Timeline]:
        """Of all attempts, oldest first."""
        return timelines(
            self.order,
            self.assignments,
            self.stamps,
            self.busy,
            self.closed,
            self.holds,
            facts_of(self.case),
        )

    @property
    def units(self) -> Units:
        """Who held which attempt."""
        return Units(
            {hop.id: str(hop.centre_id) for hop in self.order.hops},
            {one.id: str(one.crew_id) for one in self.assignments if one.crew_id},
        )

    @property
    def assignment(self) -> AssignmentState | None:
        """The last assignment, open or not."""
        return next((a for a in self.assignments if a.id == self.order.assignment_id), None)


def known(session: Session, org_id: int, order_ids: Iterable[UUID]) -> list[Known]:
    """These orders, by the time of their filing."""
    ids = list(order_ids)
    query = select(Order).where(Order.org_id == org_id, Order.id.in_(ids))
    newest = query.order_by(Order.filed_at).execution_options(populate_existing=True)
    return of_rows(session, org_id, session.scalars(newest).all())


def of_rows(session: Session, org_id: int, rows: Sequence[Order]) -> list[Known]:
    """What is known of the orders of these rows, in their order."""
    ids = [row.id for row in rows]
    hops = defaultdict(list)
    for hop in repository.hops_of(session, org_id, ids):
        hops[hop.order_id].append(hop)
    assignments = defaultdict(list)
    for one in repository.assignments_of(session, org_id, ids):
        assignments[one.order_id].append(repository.assignment_state(one))
    orders = [repository.order_state(row, hops[row.id]) for row in rows]
    sent = list(chain.from_iterable(assignments.values()))
    busy = repository.busy_of(session, org_id, sent)
    closed = repository.closed_of(
        session, org_id, chain.from_iterable(one.hops for one in orders), sent
    )
    stamps = repository.stamps_of_orders(session, org_id, ids)
    cases = sla.cases_of(session, org_id, ids)
    holds = holding.holds_of(session, org_id, ids)
    return [
        Known(
            row=row,
            order=order,
            assignments=assignments[row.id],
            stamps=[repository.stamp_state(one) for one in stamps[row.id]],
            case=cases.get(row.id),
            busy=busy,
            closed=closed,
            holds=holds[row.id],
        )
        for row, order in zip(rows, orders, strict=True)
    ]
