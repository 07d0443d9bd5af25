"""Use cases of 回访: customers are called back once the work for them is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from core import events as ev
from core.errors import AlreadyDone, Conflict, InvalidField
from core.ids import new_id
from core.local import local_time
from core.models import User
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.orders import repository as orders
from dispatch.tickets import followup_rules, repository, rules
from dispatch.tickets.followup_rules import FollowUpState
from dispatch.tickets.models import FollowUp, FollowUpTry, Ticket
from dispatch.tickets.relations import relate
from dispatch.tickets.service import NewTicket, file_ticket
from dispatch.tickets.work import AGENT, TicketWork, work_on_ticket


class FollowUpTooEarly(Conflict):
    """The customer was called less than two hours ago."""

    code = "follow_up_too_early"
    zh = "距上次拨打不足两小时，{at} 之后再拨。"
    en = "The last try is less than two hours ago; call again after {at}."


class FollowUpOver(Conflict):
    code = "follow_up_over"
    zh = "该回访已结束。"
    en = "This follow-up is over."


class FollowUpNotYours(Conflict):
    code = "follow_up_not_yours"
    zh = "请先领取该回访。"
    en = "Claim this follow-up first."


class FollowUpWork:
    """One follow-up, locked. Use through `work_on_follow_up`."""

    def __init__(self, uow: UnitOfWork, row: FollowUp) -> None:
        self.uow = uow
        self.row = row
        self.state: FollowUpState = repository.follow_up_state(row)

    def record(self, payload: ev.Payload, source: str = AGENT) -> Recorded:
        event = self.uow.emit(self.row.id, payload, source=source)
        self.state = followup_rules.evolve(self.state, event)
        return event

    def demand_live(self) -> None:
        if self.state.state not in followup_rules.LIVE:
            raise FollowUpOver


@contextmanager
def work_on_follow_up(uow: UnitOfWork, follow_up_id: UUID) -> Iterator[FollowUpWork]:
    """Lock a follow-up, let the block record facts, save. Raises NotFound."""
    row = repository.follow_up_locked(uow.session, uow.org_id, follow_up_id)
    work = FollowUpWork(uow, row)
    yield work
    repository.save_follow_up(row, work.state)
    uow.session.flush()


def open_for(
    ticket: TicketWork, *, ended_at: datetime, restored_at: datetime | None, order_id: UUID | None
) -> None:
    """The ticket's customer is to be called; without a number to call the ticket is closed."""
    uow = ticket.uow
    if not repository.can_be_called(uow.session, uow.org_id, ticket.row):
        ticket.record(ev.TicketClosed(how="no_number"), source="system")
        return
    follow_up_id = new_id()
    opened = ev.FollowUpOpened(
        ticket_id=ticket.row.id,
        due_at=followup_rules.due_at(ended_at, restored_at),
        order_id=order_id,
    )
    state = followup_rules.evolve(None, uow.emit(follow_up_id, opened, source="system"))
    row = FollowUp(org_id=uow.org_id)
    repository.save_follow_up(row, state)
    uow.session.add(row)
    uow.session.flush()
    ticket.record(ev.TicketFollowUpOpened(follow_up_id=follow_up_id), source="system")


def drop(ticket: TicketWork) -> None:
    """Nobody needs to be called about this ticket any more."""
    uow = ticket.uow
    follow_up_id = repository.live_follow_up(uow.session, uow.org_id, ticket.row.id)
    if follow_up_id is not None:
        with work_on_follow_up(uow, follow_up_id) as work:
            work.record(ev.FollowUpDropped())


def order_closed(uow: UnitOfWork, event: Recorded) -> None:
    """Subscriber of `order.closed`: its tickets go to the follow-up queue, or are closed.

    Whoever asked several times about one order is called once, about the first of the tickets. A
    ticket with another order that is still open waits for that one. May run twice: a ticket that
    has moved on is left alone.
    """
    assert isinstance(event.payload, ev.OrderClosed)
    order_id = event.stream_id
    restored = orders.restored_at(uow.session, uow.org_id, [order_id]).get(order_id)
    called = repository.called_about(uow.session, uow.org_id, order_id)
    for ticket_id in repository.tickets_of_order(uow.session, uow.org_id, order_id):
        with work_on_ticket(uow, ticket_id) as work:
            if not rules.allowed("settle", work.ticket.state):
                continue
            if repository.open_orders_of(uow.session, uow.org_id, ticket_id):
                continue
            if event.payload.outcome in rules.DONE_OUTCOMES:
                caller = repository.caller_of(work.row)
                if caller in called:  # one call tells whoever asked several times
                    work.record(ev.TicketClosed(how="called_once"), source="system")
                    continue
                called.add(caller)
                open_for(
                    work,
                    ended_at=event.occurred_at,
                    restored_at=restored,
                    order_id=order_id,
                )
            else:
                work.record(ev.TicketClosed(how=event.payload.outcome), source="system")


def claim(uow: UnitOfWork, follow_up_id: UUID, reason: str | None) -> None:
    """The actor makes this call. Taking it over from somebody else needs a reason.

    Claiming one's own again changes nothing. Raises AlreadyDone naming who has it, FollowUpOver.
    """
    agent_id = uow.actor.user_id
    assert agent_id is not None
    with work_on_follow_up(uow, follow_up_id) as work:
        work.demand_live()
        holder = work.state.claimed_by
        if holder == agent_id:
            return
        if holder is not None and reason is None:
            assert work.state.claimed_at is not None
            owner = uow.session.get_one(User, (uow.org_id, holder))
            raise AlreadyDone(
                who_zh=owner.name,
                who_en=owner.name,
                at=local_time(work.state.claimed_at),
                act_zh="领取了该回访",
                act_en="claimed this follow-up",
            )
        work.record(
            ev.FollowUpClaimed(agent_id=agent_id, reason=reason if holder is not None else None)
        )


def release(uow: UnitOfWork, follow_up_id: UUID) -> None:
    """The agent gives it back to the queue. Raises FollowUpNotYours."""
    with work_on_follow_up(uow, follow_up_id) as work:
        work.demand_live()
        if work.state.claimed_by != uow.actor.user_id:
            raise FollowUpNotYours
        work.record(ev.FollowUpReleased())


def try_call(
    uow: UnitOfWork,
    follow_up_id: UUID,
    outcome: str,
    satisfaction: str | None,
    words: str | None = None,
) -> UUID | None:
    """One call to the customer. Returns the complaint that a dissatisfied customer's call opens.

    The ticket is locked before the follow-up, as everywhere. Raises FollowUpOver,
    FollowUpNotYours, FollowUpTooEarly, InvalidField.
    """
    if (outcome == "reached") != (satisfaction is not None):
        raise InvalidField(
            "body.satisfaction",
            "belongs to a customer who was reached, and only to one",
            "接通时必填，未接通时不填",
        )
    ticket_id = _ticket_of(uow, follow_up_id)
    with work_on_ticket(uow, ticket_id) as ticket, work_on_follow_up(uow, follow_up_id) as work:
        work.demand_live()
        if work.state.claimed_by != uow.actor.user_id:
            raise FollowUpNotYours
        if followup_rules.too_early(work.state, uow.now):
            assert work.state.next_at is not None
            raise FollowUpTooEarly(at=local_time(work.state.next_at))

        attempt = work.state.tries + 1
        verdict = followup_rules.judge(attempt, outcome, satisfaction, uow.now)

        complaint_id = _complain(uow, ticket.row, words) if verdict.complains else None
        work.record(
            ev.FollowUpTried(
                attempt=attempt,
                outcome=outcome,
                satisfaction=satisfaction,
                next_at=verdict.next_at,
                complaint_id=complaint_id,
            )
        )
        _keep_try(work, attempt, outcome, satisfaction, words)
        if verdict.ends:
            ticket.record(ev.TicketClosed(how=f"follow_up_{outcome}"))
        return complaint_id


def _ticket_of(uow: UnitOfWork, follow_up_id: UUID) -> UUID:
    """Found under no lock: a follow-up never changes its ticket."""
    return repository.follow_up(uow.session, uow.org_id, follow_up_id).ticket_id


def _keep_try(
    work: FollowUpWork, attempt: int, outcome: str, satisfaction: str | None, words: str | None
) -> None:
    uow = work.uow
    uow.session.execute(
        insert(FollowUpTry).values(
            org_id=uow.org_id,
            follow_up_id=work.row.id,
            attempt=attempt,
            at=uow.now,
            by=uow.actor.user_id,
            outcome=outcome,
            satisfaction=satisfaction,
            words=words,
        )
    )


def _complain(uow: UnitOfWork, about: Ticket, words: str | None) -> UUID:
    """A complaint of the same customer, which says what it follows from."""
    complaint_id = file_ticket(
        uow,
        NewTicket(
            kind="complaint",
            channel="phone",
            caller_name=about.caller_name,
            caller_phone=about.caller_phone,
            customer_id=about.customer_id,
            description=words,
        ),
    )
    relate(uow, complaint_id, about.id, "follow_up_of")
    return complaint_id
