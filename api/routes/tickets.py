"""Tickets: filed, read, worked on."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.deps import Writer, writer
from api.schemas_orders import TicketRow
from api.schemas_tickets import TicketBody
from core.rights import Right
from core.uow import UnitOfWork
from dashboards.order_page import ticket_row
from dashboards.seen import ticket_seen, viewer_of
from dispatch.tickets import service
from dispatch.tickets.models import Ticket
from dispatch.tickets.service import Guided, NewTicket

router = APIRouter(tags=["tickets"])


@router.post("/api/tickets", status_code=201, response_model=TicketRow)
def file_ticket(
    body: TicketBody, write: Annotated[Writer, writer(Right.TICKET_FILE)]
) -> JSONResponse:
    """Take a customer's request. With `call_id`, the end of that call is point A."""
    guide = Guided(body.guide.fault_code, body.guide.answers) if body.guide else None
    new = NewTicket(**body.model_dump(exclude={"guide"}), guide=guide)

    def act(uow: UnitOfWork) -> dict[str, Any]:
        ticket_id = service.file_ticket(uow, new)
        uow.flush()
        row = ticket_row(uow.session.get_one(Ticket, (uow.org_id, ticket_id)))
        return ticket_seen(row, viewer_of(write.principal).eyes)

    return write.run(body, act, status=201)
