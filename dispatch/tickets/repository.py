"""All queries of tickets, what stands beside them, and follow-ups."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity import Access
from core.models import Unit
from core.rights import Scope
from core.settings import settings
from dispatch.directory.models import Customer, CustomerPhone
from dispatch.directory.rules import e164
from dispatch.orders.models import Order, OrderTicket
from dispatch.tickets import followup_rules, rules
from dispatch.tickets.followup_rules import FollowUpState
from dispatch.tickets.models import (
    ChaseUp,
    FollowUp,
    Submission,
    Ticket,
    TicketAnswer,
    TicketAttachment,
    TicketRelation,
)
from dispatch.tickets.rules import TicketState
from sla.models import SlaCase

Row = TypeVar("Row", Ticket, FollowUp)


def ticket_locked(session: Session, org_id: int, ticket_id: UUID) -> Ticket:
    """The ticket, locked until the commit. Raises NotFound."""
    return _locked(session, Ticket, org_id, ticket_id, "ticket")


def _locked(session: Session, model: type[Row], org_id: int, id_: UUID, what: str) -> Row:
    query = select(model).where(model.org_id == org_id, model.id == id_)
    found = session.scalars(
        query.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound(what=what, id=id_)
    return found


def held_by(org_id: int, access: Access) -> list[ColumnElement[bool]]:
    """Conditions on a ticket that somebody may see: all, or those with a unit of the centre."""
    if access.scope is Scope.ALL:
        return []
    units = select(Unit.id).where(
        Unit.org_id == org_id, or_(Unit.id == access.unit_id, Unit.centre_id == access.unit_id)
    )
    return [Ticket.unit_id.in_(units)]


def is_held_by(session: Session, ticket: Ticket, access: Access) -> bool:
    """The same of one ticket."""
    query = select(Ticket.id).where(
        Ticket.org_id == ticket.org_id,
        Ticket.id == ticket.id,
        *held_by(ticket.org_id, access),
    )
    return session.scalars(query).first() is not None


def open_under(org_id: int, versions: Collection[tuple[str, int]]) -> Select[UUID, str]:
    """Orders and tickets that are not closed and began under one of these policies: id, subject."""
    return (
        select(SlaCase.id, SlaCase.subject)
        .outerjoin(Ticket, (Ticket.org_id == SlaCase.org_id) & (Ticket.id == SlaCase.id))
        .outerjoin(Order, (Order.org_id == SlaCase.org_id) & (Order.id == SlaCase.id))
        .where(
            SlaCase.org_id == org_id,
            or_(Ticket.state != "closed", Order.state != "closed"),
            tuple_(SlaCase.policy, SlaCase.policy_version).in_(versions),
        )
    )


def ticket_state(row: Ticket) -> TicketState:
    """The state that rules work on, from its row."""
    return TicketState(**{name: getattr(row, name) for name in rules.FIELDS})


def save_ticket(row: Ticket, state: TicketState) -> None:
    """Write into the row what `state` says."""
    for name in rules.FIELDS:
        setattr(row, name, getattr(state, name))


def follow_up_locked(session: Session, org_id: int, follow_up_id: UUID) -> FollowUp:
    """The follow-up, locked until the commit. Raises NotFound."""
    return _locked(session, FollowUp, org_id, follow_up_id, "follow-up")


def follow_up(session: Session, org_id: int, follow_up_id: UUID) -> FollowUp:
    """The follow-up as it is now. Raises NotFound."""
    found = session.get(FollowUp, (org_id, follow_up_id))
    if found is None:
        raise NotFound(what="follow-up", id=follow_up_id)
    return found


def follow_up_state(row: FollowUp) -> FollowUpState:
    return FollowUpState(**{name: getattr(row, name) for name in followup_rules.FIELDS})


def save_follow_up(row: FollowUp, state: FollowUpState) -> None:
    for name in followup_rules.FIELDS:
        setattr(row, name, getattr(state, name))


def live_follow_up(session: Session, org_id: int, ticket_id: UUID) -> UUID | None:
    """The follow-up of a ticket that is not over, if there is one."""
    query = select(FollowUp.id).where(
        FollowUp.org_id == org_id,
        FollowUp.ticket_id == ticket_id,
        FollowUp.state.in_(followup_rules.LIVE),
    )
    return session.scalars(query).one_or_none()


def caller_of(ticket: Ticket) -> str | UUID:
    """Who would be called about a ticket: a number in one form, else the account, else itself."""
    if ticket.caller_phone:
        return e164(ticket.caller_phone, settings().phone_region) or ticket.caller_phone
    return ticket.customer_id or ticket.id


def called_about(session: Session, org_id: int, order_id: UUID) -> set[str | UUID]:
    """Whoever is called about this order, or was, as `caller_of` names them."""
    query = (
        select(Ticket)
        .join(FollowUp, (FollowUp.org_id == Ticket.org_id) & (FollowUp.ticket_id == Ticket.id))
        .where(Ticket.org_id == org_id, FollowUp.order_id == order_id)
    )
    return {caller_of(ticket) for ticket in session.scalars(query)}


def customer(session: Session, org_id: int, customer_id: UUID) -> Customer | None:
    return session.get(Customer, (org_id, customer_id))


def customer_of_phone(session: Session, org_id: int, number: str) -> UUID | None:
    """The one customer with this verified number; None where there is none, or several."""
    query = (
        select(CustomerPhone.customer_id)
        .where(
            CustomerPhone.org_id == org_id,
            CustomerPhone.number == number,
            CustomerPhone.verified,
        )
        .limit(2)
    )
    found = session.scalars(query).all()
    return found[0] if len(found) == 1 else None


def can_be_called(session: Session, org_id: int, ticket: Ticket) -> bool:
    """Whether any number is known to call back."""
    if ticket.caller_phone:
        return True
    if ticket.customer_id is None:
        return False
    query = select(CustomerPhone.number).where(
        CustomerPhone.org_id == org_id, CustomerPhone.customer_id == ticket.customer_id
    )
    return session.scalars(query.limit(1)).first() is not None


def unit(session: Session, org_id: int, unit_id: UUID) -> Unit | None:
    return session.get(Unit, (org_id, unit_id))


def tickets_of_order(session: Session, org_id: int, order_id: UUID) -> list[UUID]:
    """Tickets of an order, by id; those of the order it follows on included."""
    query = select(OrderTicket.ticket_id).where(
        OrderTicket.org_id == org_id, OrderTicket.order_id == order_id
    )
    return list(session.scalars(query.order_by(OrderTicket.ticket_id)))


def shares_order(session: Session, org_id: int, order_id: UUID) -> int:
    """How many tickets give this order their clock."""
    query = select(func.count()).where(
        OrderTicket.org_id == org_id, OrderTicket.order_id == order_id, OrderTicket.clock
    )
    return session.execute(query).scalar_one()


def open_orders_of(session: Session, org_id: int, ticket_id: UUID) -> int:
    """How many orders of a ticket are not closed, follow-on orders included."""
    query = (
        select(func.count())
        .select_from(OrderTicket)
        .join(Order, (Order.org_id == OrderTicket.org_id) & (Order.id == OrderTicket.order_id))
        .where(
            OrderTicket.org_id == org_id,
            OrderTicket.ticket_id == ticket_id,
            Order.state != "closed",
        )
    )
    return session.execute(query).scalar_one()


def chased_in(session: Session, org_id: int, order_id: UUID, call_id: UUID) -> bool:
    """Whether this call chased that order already."""
    query = select(ChaseUp.id).where(
        ChaseUp.org_id == org_id, ChaseUp.order_id == order_id, ChaseUp.call_id == call_id
    )
    return session.scalars(query).first() is not None


def chased_by_call(session: Session, org_id: int, call_id: UUID) -> bool:
    """Whether this call was taken down as a chase-up of any order."""
    query = select(ChaseUp.id).where(ChaseUp.org_id == org_id, ChaseUp.call_id == call_id)
    return session.scalars(query.limit(1)).first() is not None


def submission(session: Session, org_id: int, channel: str, key: str) -> Submission | None:
    return session.get(Submission, (org_id, channel, key))


def submissions_since(session: Session, org_id: int, origin: str, since: datetime) -> int:
    """How many submissions came from one origin since a real moment."""
    query = select(func.count()).where(
        Submission.org_id == org_id, Submission.origin == origin, Submission.at > since
    )
    return session.execute(query).scalar_one()


def answers_of(
    session: Session, org_id: int, ticket_ids: Iterable[UUID]
) -> dict[UUID, list[tuple[str, str]]]:
    """Questions and answers of each ticket, in the order asked."""
    query = (
        select(TicketAnswer)
        .where(TicketAnswer.org_id == org_id, TicketAnswer.ticket_id.in_(list(ticket_ids)))
        .order_by(TicketAnswer.ticket_id, TicketAnswer.position)
    )
    found: dict[UUID, list[tuple[str, str]]] = {}
    for one in session.scalars(query):
        found.setdefault(one.ticket_id, []).append((one.question, one.answer))
    return found


def relations_of(
    session: Session, org_id: int, ticket_ids: Iterable[UUID]
) -> dict[UUID, dict[UUID, str]]:
    """What each of these tickets says of others."""
    query = select(TicketRelation).where(
        TicketRelation.org_id == org_id, TicketRelation.ticket_id.in_(list(ticket_ids))
    )
    found: dict[UUID, dict[UUID, str]] = {}
    for one in session.scalars(query):
        found.setdefault(one.ticket_id, {})[one.other_id] = one.relation
    return found


def attachments_of(
    session: Session, org_id: int, ticket_ids: Iterable[UUID]
) -> dict[UUID, list[TicketAttachment]]:
    """All files of each ticket, hidden ones included, oldest first."""
    query = (
        select(TicketAttachment)
        .where(TicketAttachment.org_id == org_id, TicketAttachment.ticket_id.in_(list(ticket_ids)))
        .order_by(TicketAttachment.attached_at, TicketAttachment.id)
    )
    found: dict[UUID, list[TicketAttachment]] = {}
    for one in session.scalars(query):
        found.setdefault(one.ticket_id, []).append(one)
    return found


def orders_of_tickets(
    session: Session, org_id: int, ticket_ids: Iterable[UUID]
) -> dict[UUID, set[UUID]]:
    """Orders of each ticket, whatever they have to do with it."""
    query = select(OrderTicket.ticket_id, OrderTicket.order_id).where(
        OrderTicket.org_id == org_id, OrderTicket.ticket_id.in_(list(ticket_ids))
    )
    found: dict[UUID, set[UUID]] = {}
    for ticket_id, order_id in session.execute(query):
        found.setdefault(ticket_id, set()).add(order_id)
    return found


def chase_ups_of(session: Session, org_id: int, order_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Ids of the chase-ups of each order."""
    query = select(ChaseUp.order_id, ChaseUp.id).where(
        ChaseUp.org_id == org_id, ChaseUp.order_id.in_(list(order_ids))
    )
    found: dict[UUID, set[UUID]] = {}
    for order_id, id_ in session.execute(query):
        found.setdefault(order_id, set()).add(id_)
    return found
