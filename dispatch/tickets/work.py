"""A ticket under lock: facts are recorded, folded and saved here, for all use cases alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from core import events as ev
from core.errors import Conflict, NotFound
from core.eventlog import read_stream
from core.events import Payload
from core.identity import EVERYTHING, Access
from core.local import local_time
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.orders import repository as orders
from dispatch.tickets import repository, rules
from dispatch.tickets.models import Ticket, TicketNote
from dispatch.tickets.rules import TicketState
from dispatch.tickets.timeline import FAULT, timelines
from dispatch.tickets.words import ACTS, STATES
from sla import service as sla
from sla.rules import facts_of

AGENT = "agent"


class TicketNotPossible(Conflict):
    """The act does not fit the ticket's present state. `act_*` and `state_*` are words.

    `since_*`: who brought it there, when, and into which order; empty where nobody did.
    """

    code = "ticket_not_possible"
    zh = "受理单当前为“{state_zh}”{since_zh}，不能{act_zh}。"
    en = "The ticket is {state_en}{since_en}; it cannot be {act_en} now."


class TicketWork:
    """One ticket, locked. Use through `work_on_ticket`."""

    def __init__(self, uow: UnitOfWork, row: Ticket) -> None:
        self.uow = uow
        self.row = row
        self.ticket: TicketState = repository.ticket_state(row)

    def demand(self, act: str) -> None:
        """Refuse with 409 unless the ticket's state allows `act`."""
        if not rules.allowed(act, self.ticket.state):
            state, words = STATES[self.ticket.state], ACTS[act]
            since_zh, since_en = self._since()
            raise TicketNotPossible(
                state_zh=state[0],
                state_en=state[1],
                since_zh=since_zh,
                since_en=since_en,
                act_zh=words[0],
                act_en=words[1],
            )

    def first(self) -> tuple[str, str] | None:
        """Who brought the ticket into its state, and when (HH:MM:SS); None: nobody did."""
        session, org_id = self.uow.session, self.uow.org_id
        types = rules.brought_by(self.ticket.state)
        event = orders.last_event(session, org_id, "ticket", self.row.id, types)
        if event is None:
            return None
        who = orders.user_name(session, org_id, event.actor_id) or event.source
        return who, local_time(event.occurred_at)

    def _since(self) -> tuple[str, str]:
        first = self.first()
        if first is None:
            return "", ""
        who, at = first
        into_zh = into_en = ""
        if self.ticket.state in ("ordered", "merged") and self.ticket.order_id is not None:
            session, org_id = self.uow.session, self.uow.org_id
            number = orders.order(session, org_id, self.ticket.order_id).number
            into_zh, into_en = f"，工单 {number}", f", order {number}"
        return f"（{who}，{at}{into_zh}）", f" ({who}, {at}{into_en})"

    def record(
        self,
        payload: Payload,
        *,
        source: str = AGENT,
        occurred_at: datetime | None = None,
        words: str | None = None,
    ) -> Recorded:
        """Record a fact of this ticket and fold it in; `words` are kept beside the log."""
        event = self.uow.emit(self.row.id, payload, occurred_at=occurred_at, source=source)
        self.ticket = rules.evolve(self.ticket, event)
        if words:
            note = TicketNote(
                org_id=self.uow.org_id, id=event.id, ticket_id=self.row.id, words=words
            )
            self.uow.session.add(note)
        return event

    def save(self) -> None:
        """Write the projection and the deadlines; the call it was told in is shown anew."""
        self._renew_due()
        repository.save_ticket(self.row, self.ticket)
        self.uow.session.flush()
        self._reassess()
        if self.row.call_id is not None:
            self.uow.touch("call", self.row.call_id)

    def _renew_due(self) -> None:
        """When the answer is due, after a reopening or on another calendar."""
        session, ticket = self.uow.session, self.ticket
        case = sla.case_of(session, self.uow.org_id, self.row.id)
        if case is None or ticket.kind == FAULT or ticket.state not in rules.UNDECIDED:
            return
        start = ticket.reopened_at or ticket.filed_at
        due = sla.answer_due(sla.policy_of(case), facts_of(case), start)
        if due != ticket.due_at:
            self.record(ev.TicketDueChanged(due_at=due), source="system")

    def _reassess(self) -> None:
        """Bring the deadlines up to date. One whose order has taken over has none of its own."""
        session, org_id, id_ = self.uow.session, self.uow.org_id, self.row.id
        if sla.case_of(session, org_id, id_) is None:
            return
        kept = {event.id: event for event in read_stream(session, org_id, "ticket", id_)}
        events = [*kept.values(), *self.uow.unwritten("ticket", id_)]
        about = sla.begun_with(session, org_id, id_)
        if about.kind == FAULT:  # nobody has said where it is: the promise of the town
            about = replace(about, area_class="urban")
        rounds = timelines(events, about)
        over = all(one.ended_at is not None for one in rounds)
        if not (over and sla.is_untouched(session, org_id, id_)):
            timers = sla.reassess(self.uow, id_, rounds, self.uow.now)
            if any(one.fired_at or one.withdrawn_at for one in timers):
                self.uow.touch("order", id_)  # its breaches are shown, as those of orders are


@contextmanager
def work_on_ticket(
    uow: UnitOfWork, ticket_id: UUID, access: Access = EVERYTHING
) -> Iterator[TicketWork]:
    """Lock a ticket, let the block record facts, save. NotFound where `access` hides it."""
    work = TicketWork(uow, repository.ticket_locked(uow.session, uow.org_id, ticket_id))
    if not repository.is_held_by(uow.session, work.row, access):
        raise NotFound(what="ticket", id=ticket_id)
    yield work
    work.save()
