"""Use cases of what tickets have to do with each other."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from core import events as ev
from core.errors import InvalidField
from core.uow import UnitOfWork
from dispatch.tickets import repository
from dispatch.tickets.models import Ticket, TicketRelation
from dispatch.tickets.work import work_on_ticket


def relate(uow: UnitOfWork, ticket_id: UUID, other_id: UUID, relation: str) -> None:
    """This ticket has to do with another one. Said again, the relation is the new one."""
    if other_id == ticket_id:
        raise InvalidField("body.ticket_id", "is this ticket itself", "就是本受理单")
    with work_on_ticket(uow, ticket_id) as work:
        if uow.session.get(Ticket, (uow.org_id, other_id)) is None:
            raise InvalidField("body.ticket_id", "there is no such ticket", "没有此受理单")
        work.record(ev.TicketRelated(other_id=other_id, relation=relation))
        statement = insert(TicketRelation).values(
            org_id=uow.org_id, ticket_id=ticket_id, other_id=other_id, relation=relation
        )
        uow.session.execute(
            statement.on_conflict_do_update(
                index_elements=["org_id", "ticket_id", "other_id"], set_={"relation": relation}
            )
        )


def unrelate(uow: UnitOfWork, ticket_id: UUID, other_id: UUID) -> None:
    """It has nothing to do with the other one after all; harmless where it had not."""
    with work_on_ticket(uow, ticket_id) as work:
        known = repository.relations_of(uow.session, uow.org_id, [ticket_id]).get(ticket_id, {})
        if other_id not in known:
            return
        work.record(ev.TicketUnrelated(other_id=other_id))
        uow.session.execute(
            delete(TicketRelation).where(
                TicketRelation.org_id == uow.org_id,
                TicketRelation.ticket_id == ticket_id,
                TicketRelation.other_id == other_id,
            )
        )
