"""Use cases of working on a ticket: transfer, return, answer, close, reopen."""

from uuid import UUID

from core import events as ev
from core.errors import AlreadyDone, InvalidField, NotFound
from core.identity import EVERYTHING, Access
from core.uow import UnitOfWork
from dispatch.tickets import followup, repository, rules
from dispatch.tickets.work import work_on_ticket
from sla import service as sla


def transfer(
    uow: UnitOfWork, ticket_id: UUID, unit_id: UUID, reason: str, words: str | None = None
) -> None:
    """转办: a department or centre has it from now on; said again, another one.

    Raises AlreadyDone where somebody gave it to the same one, TicketNotPossible.
    """
    with work_on_ticket(uow, ticket_id) as work:
        work.demand("transfer")
        unit = repository.unit(uow.session, uow.org_id, unit_id)
        if unit is None or not unit.active:
            raise InvalidField("body.unit_id", "there is no such unit", "没有此单位")
        if unit.kind == "crew":
            raise InvalidField(
                "body.unit_id", "a crew works on orders, not on tickets", "班组只办工单，不接受理单"
            )
        if work.ticket.state == "transferred" and work.ticket.unit_id == unit_id:
            who, at = work.first() or ("", "")
            raise AlreadyDone(
                who_zh=who,
                who_en=who,
                at=at,
                act_zh=f"转给{unit.name_zh}",
                act_en=f"transferred it to {unit.name_en}",
            )
        work.record(ev.TicketTransferred(unit_id=unit_id, reason=reason), words=words)


def return_to_filer(
    uow: UnitOfWork,
    ticket_id: UUID,
    reason: str,
    words: str | None = None,
    access: Access = EVERYTHING,
) -> None:
    """退回: whoever filed it completes or corrects it. A centre returns what it was given."""
    with work_on_ticket(uow, ticket_id, access) as work:
        work.demand("return")
        work.record(ev.TicketReturned(reason=reason), words=words)


def contact(
    uow: UnitOfWork, ticket_id: UUID, words: str | None = None, access: Access = EVERYTHING
) -> None:
    """Somebody spoke with the customer; an answer is still to come. The first time counts."""
    with work_on_ticket(uow, ticket_id, access) as work:
        work.demand("contact")
        work.record(ev.TicketContacted(), words=words)


def answer(uow: UnitOfWork, ticket_id: UUID, words: str, access: Access = EVERYTHING) -> None:
    """The customer has an answer. Where the kind asks for it, somebody calls back later."""
    with work_on_ticket(uow, ticket_id, access) as work:
        work.demand("answer")
        work.record(ev.TicketAnswered(), words=words)
        if work.ticket.kind in rules.FOLLOWED_UP:
            followup.open_for(work, ended_at=uow.now, restored_at=None, order_id=None)


def acknowledge(uow: UnitOfWork, ticket_id: UUID, access: Access = EVERYTHING) -> None:
    """A person takes note that it is late, or soon will be: nobody else is told.

    Where nobody was told of anything, nothing happens. Raises NotFound.
    """
    ticket = repository.ticket_locked(uow.session, uow.org_id, ticket_id)
    if not repository.is_held_by(uow.session, ticket, access):
        raise NotFound(what="ticket", id=ticket_id)
    for alert_id in sla.alerts_of(uow.session, uow.org_id, ticket_id):
        sla.acknowledge(uow, alert_id, uow.now)


def close(uow: UnitOfWork, ticket_id: UUID, how: str, words: str | None = None) -> None:
    """归档, by a person. A ticket with an order closes with that; a follow-up call falls away."""
    with work_on_ticket(uow, ticket_id) as work:
        work.demand("close")
        followup.drop(work)
        work.record(ev.TicketClosed(how=how), words=words)


def reopen(uow: UnitOfWork, ticket_id: UUID, reason: str, words: str | None = None) -> None:
    """It is open again; a follow-up call that waits falls away."""
    with work_on_ticket(uow, ticket_id) as work:
        work.demand("reopen")
        followup.drop(work)
        work.record(ev.TicketReopened(reason=reason), words=words)
