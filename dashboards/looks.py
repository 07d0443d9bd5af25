"""Whose masked values were looked at: the number that people know a record by, and its customer."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, Uuid, literal, select
from sqlalchemy.orm import Session

from dispatch.directory.models import Customer, CustomerPhone, Premise, ServicePoint
from dispatch.orders.models import Order
from dispatch.privacy.models import CustomerNote, Unmasking
from dispatch.tickets.models import Ticket

_NOBODY = literal(None, Uuid)


class Subject(NamedTuple):
    """`number`: of the account, premise, ticket or order; `customer_id`: who is at home there."""

    number: str | None = None
    customer_id: UUID | None = None


def subjects(session: Session, org_id: int, looks: Iterable[Unmasking]) -> dict[UUID, Subject]:
    """By id of the record; one that is gone, or has no number like a call, is left out."""
    wanted = defaultdict(set)
    for one in looks:
        wanted[one.entity].add(one.entity_id)
    found: dict[UUID, Subject] = {}
    for entity, ids in wanted.items():
        query = _query(entity, org_id, ids)
        if query is not None:
            rows = session.execute(query)
            found |= {id_: Subject(number, customer) for id_, number, customer in rows}
    return found


def _query(
    entity: str, org_id: int, ids: Collection[UUID]
) -> Select[UUID, str | None, UUID | None] | None:
    if entity == "customer":
        return select(Customer.id, Customer.number, Customer.id).where(
            Customer.org_id == org_id, Customer.id.in_(ids)
        )
    if entity == "premise":
        lives = (
            select(ServicePoint.customer_id)
            .where(ServicePoint.org_id == org_id, ServicePoint.premise_id == Premise.id)
            .order_by(ServicePoint.id)
            .limit(1)
            .scalar_subquery()
        )
        return select(Premise.id, Premise.code, lives).where(
            Premise.org_id == org_id, Premise.id.in_(ids)
        )
    if entity in ("ticket", "order"):
        table = Ticket if entity == "ticket" else Order
        return select(table.id, table.number, _NOBODY).where(
            table.org_id == org_id, table.id.in_(ids)
        )
    if entity in ("phone", "note"):
        part = CustomerPhone if entity == "phone" else CustomerNote
        return (
            select(part.id, Customer.number, Customer.id)
            .join(Customer, (Customer.org_id == part.org_id) & (Customer.id == part.customer_id))
            .where(part.org_id == org_id, part.id.in_(ids))
        )
    return None
