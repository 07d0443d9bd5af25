"""Which customers a reader may see: a centre those of its regions, and whom its orders are for."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity import Access
from core.rights import Scope
from dispatch.directory.models import Premise, Region, ServicePoint
from dispatch.orders.models import Order, OrderTicket
from dispatch.tickets.models import Ticket


def seen_customers(
    session: Session, org_id: int, customer_ids: Collection[UUID], access: Access
) -> set[UUID]:
    """Those of these customers that `access` may see."""
    if access.scope is Scope.ALL:
        return set(customer_ids)
    if access.scope is not Scope.CENTRE:
        return set()
    living = (
        select(ServicePoint.customer_id)
        .join(
            Premise,
            (Premise.org_id == ServicePoint.org_id) & (Premise.id == ServicePoint.premise_id),
        )
        .where(
            ServicePoint.org_id == org_id,
            ServicePoint.customer_id.in_(customer_ids),
            Premise.region_id.in_(_regions(session, org_id, access)),
        )
    )
    waiting = (
        select(Ticket.customer_id)
        .join(
            OrderTicket,
            (OrderTicket.org_id == Ticket.org_id) & (OrderTicket.ticket_id == Ticket.id),
        )
        .join(Order, (Order.org_id == OrderTicket.org_id) & (Order.id == OrderTicket.order_id))
        .where(
            Ticket.org_id == org_id,
            Ticket.customer_id.in_(customer_ids),
            Order.centre_id == access.unit_id,
        )
    )
    return {id_ for id_ in session.scalars(living.union(waiting)) if id_ is not None}


def demand_customer(session: Session, org_id: int, customer_id: UUID, access: Access) -> None:
    """Raises NotFound where `access` hides the customer, as where there is none."""
    if not seen_customers(session, org_id, [customer_id], access):
        raise NotFound(what="customer", id=customer_id)


def sees_premise(session: Session, org_id: int, premise: Premise, access: Access) -> bool:
    """Whether `access` may see a premise: by its region, or as that of a customer."""
    if access.scope is Scope.ALL or premise.region_id in _regions(session, org_id, access):
        return True
    there = select(ServicePoint.customer_id).where(
        ServicePoint.org_id == org_id, ServicePoint.premise_id == premise.id
    )
    return bool(seen_customers(session, org_id, session.scalars(there).all(), access))


def _regions(session: Session, org_id: int, access: Access) -> set[UUID]:
    """Regions of a centre, with all that lie in them."""
    parents = (
        select(Region.id)
        .where(Region.org_id == org_id, Region.centre_id == access.unit_id)
        .cte("parents", recursive=True)
    )
    below = select(Region.id).join(parents, Region.parent_id == parents.c.id)
    tree = parents.union(below.where(Region.org_id == org_id))
    return set(session.scalars(select(tree.c.id)))
