"""Use cases of sharing an order: merge, unmerge, chase-up.

A ticket is locked before orders, and orders by id, as everywhere. Each ticket keeps its own point
A; of those that share an order the first counts. What had been the ticket's own order is closed as
a duplicate; undoing the merge brings it back. The ticket that an order was filed from stays with it
while others share it: whoever works on the order telephones that customer.
"""

from uuid import UUID

from sqlalchemy import delete, insert

from core import events as ev
from core.errors import Conflict, InvalidField
from core.ids import new_id
from core.uow import UnitOfWork
from dispatch.orders import repository as orders
from dispatch.orders import service
from dispatch.orders.models import OrderTicket
from dispatch.orders.work import Work, work_on
from dispatch.routing import plans
from dispatch.tickets import repository, rules
from dispatch.tickets.models import ChaseUp
from dispatch.tickets.work import AGENT, TicketWork, work_on_ticket
from telephony import service as telephony


class OrderIsClosed(Conflict):
    code = "order_is_closed"
    zh = "工单 {number} 已归档，不能再合并或催办。"
    en = "Order {number} is closed; nothing can be merged into it or chased up."


class OrderIsOwn(Conflict):
    code = "order_is_own"
    zh = "受理单已属于工单 {number}。"
    en = "The ticket belongs to order {number} already."


class OrderWithCrew(Conflict):
    """The ticket's own order is being worked on."""

    code = "order_with_crew"
    zh = "原工单 {number} 已派班组，请先召回再合并。"
    en = "A crew has the ticket's own order {number}; recall it before merging."


class OrderIsShared(Conflict):
    """Other tickets share the order that the ticket would leave."""

    code = "order_is_shared"
    zh = "原工单 {number} 还有其他受理单共用，请先撤销它们的合并。"
    en = "Other tickets share the ticket's own order {number}; undo their merges first."


class AlreadyChased(Conflict):
    code = "already_chased"
    zh = "这通电话已登记为该工单的催办。"
    en = "This call is taken down as a chase-up of this order already."


def merge(
    uow: UnitOfWork, ticket_id: UUID, order_id: UUID, reason: str, words: str | None = None
) -> None:
    """合并: the ticket shares an open order from now on; both are judged anew.

    Raises OrderIsOwn, OrderIsClosed, OrderIsShared, OrderWithCrew.
    """
    with work_on_ticket(uow, ticket_id) as ticket:
        _merge(ticket, order_id, reason, words)


def _merge(ticket: TicketWork, order_id: UUID, reason: str, words: str | None) -> None:
    uow = ticket.uow
    ticket.demand("merge")
    left_id = ticket.ticket.order_id if ticket.ticket.state == "ordered" else None
    _lock(uow, order_id, left_id)
    target = orders.order(uow.session, uow.org_id, order_id, "body.order_id")
    own = repository.orders_of_tickets(uow.session, uow.org_id, [ticket.row.id])
    if order_id in own.get(ticket.row.id, ()):  # also one that follows on another of its orders
        raise OrderIsOwn(number=target.number)
    if target.state == "closed":
        raise OrderIsClosed(number=target.number)
    if left_id is not None:
        _demand_unshared(uow, left_id)
        _leave(uow, left_id, ticket.row.id)
    link = OrderTicket(org_id=uow.org_id, order_id=order_id, ticket_id=ticket.row.id, clock=True)
    uow.session.add(link)
    ticket.record(
        ev.TicketMerged(
            order_id=order_id,
            reason=reason,
            from_order_id=left_id,
            from_closed=left_id is not None,
        ),
        words=words,
    )
    ticket.save()
    if left_id is not None:
        _close_as_duplicate(uow, left_id)
    with work_on(uow, order_id):  # judged anew, with one A more
        pass


def _demand_unshared(uow: UnitOfWork, order_id: UUID) -> None:
    if repository.shares_order(uow.session, uow.org_id, order_id) > 1:
        row = orders.order(uow.session, uow.org_id, order_id, "body.order_id")
        raise OrderIsShared(number=row.number)


def _lock(uow: UnitOfWork, *order_ids: UUID | None) -> None:
    """By id, so that two merges never wait for each other."""
    for order_id in sorted(one for one in order_ids if one is not None):
        orders.lock_order(uow.session, uow.org_id, order_id)


def _leave(uow: UnitOfWork, order_id: UUID, ticket_id: UUID) -> None:
    uow.session.execute(
        delete(OrderTicket).where(
            OrderTicket.org_id == uow.org_id,
            OrderTicket.order_id == order_id,
            OrderTicket.ticket_id == ticket_id,
        )
    )
    uow.session.flush()


def _close_as_duplicate(uow: UnitOfWork, order_id: UUID) -> None:
    """From wherever it waits; a centre that has it sees it recalled."""
    row = orders.order(uow.session, uow.org_id, order_id, "body.order_id")
    if row.state in ("assigned", "finished"):
        raise OrderWithCrew(number=row.number)
    if row.state in ("released", "accepted"):
        service.recall_from_centre(uow, order_id, "duplicate")
    service.close(uow, order_id, "duplicate")


def unmerge(uow: UnitOfWork, ticket_id: UUID, reason: str, words: str | None = None) -> None:
    """Undo a merge: the ticket is what it was, and the order that the merge closed is back."""
    with work_on_ticket(uow, ticket_id) as ticket:
        ticket.demand("unmerge")
        shared_id, left_id = ticket.ticket.order_id, ticket.ticket.left_order_id
        was_closed = ticket.ticket.left_closed
        assert shared_id is not None
        _lock(uow, shared_id, left_id)
        _leave(uow, shared_id, ticket_id)
        if left_id is not None:
            uow.session.add(
                OrderTicket(org_id=uow.org_id, order_id=left_id, ticket_id=ticket_id, clock=True)
            )
        ticket.record(ev.TicketUnmerged(order_id=shared_id, reason=reason), words=words)
        ticket.save()
        if left_id is not None:
            with work_on(uow, left_id) as work:
                if was_closed:
                    _bring_back(work)
        with work_on(uow, shared_id):
            pass


def _bring_back(work: Work) -> None:
    """To where the merge found it; what a centre had was recalled and is released again by hand."""
    hop = work.order.hop
    state = "returned" if hop is not None and hop.state == "returned" else "filed"
    work.record(work.order.id, ev.OrderReopened(state=state), source=AGENT)
    if state == "filed":
        plans.plan(work.uow, work.order.id, work.uow.now)


def chase_up(
    uow: UnitOfWork,
    order_id: UUID,
    *,
    call_id: UUID | None,
    ticket_id: UUID | None,
    words: str | None = None,
) -> None:
    """催办: the customer asked again. Counted, and urgency follows by rule.

    A ticket is merged into the order, so that no second order comes of it.
    """
    if call_id is None and ticket_id is None:
        raise InvalidField("body.call_id", "a call or a ticket is needed", "须填通话或受理单")
    if call_id is not None and telephony.end_of_call(uow, call_id) is None:
        raise InvalidField("body.call_id", "there is no such call", "没有此通话")
    orders.order(uow.session, uow.org_id, order_id)
    if ticket_id is not None:
        with work_on_ticket(uow, ticket_id) as ticket:
            if ticket.ticket.order_id != order_id:
                _merge(ticket, order_id, "same_caller", None)
    with work_on(uow, order_id) as work:
        work.demand("chase")
        if call_id is not None and repository.chased_in(uow.session, uow.org_id, order_id, call_id):
            raise AlreadyChased
        chase_up_id = new_id()
        urgency = rules.chased_urgency(work.order.urgency, work.order.chase_ups + 1)
        work.record(
            order_id,
            ev.OrderChasedUp(
                chase_up_id=chase_up_id, urgency=urgency, call_id=call_id, ticket_id=ticket_id
            ),
            source=AGENT,
        )
        uow.session.execute(
            insert(ChaseUp).values(
                org_id=uow.org_id,
                id=chase_up_id,
                order_id=order_id,
                call_id=call_id,
                ticket_id=ticket_id,
                at=uow.now,
                by=uow.actor.user_id,
                words=words,
            )
        )
    if call_id is not None:
        uow.touch("call", call_id)
