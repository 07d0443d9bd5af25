"""Files of tickets: up, down, hidden."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api import files
from api.deps import Need, Writer, writer
from api.routes.tickets import page_after
from api.schemas_tickets import HideBody, TicketPage
from core.db import read_session
from core.identity import Principal
from core.rights import Right
from dispatch.tickets import attachments

router = APIRouter(tags=["tickets"])
Worker = Annotated[Writer, writer(Right.TICKET_WORK)]


@router.post(
    "/api/tickets/{ticket_id}/attachments",
    status_code=201,
    response_model=TicketPage,
    openapi_extra=files.FORM,
)
async def attach(ticket_id: UUID, request: Request, write: Worker) -> Response:
    """Attach an image, a PDF, a sound or a video of at most 10 MB; its content says what it is."""
    name, content = await files.uploaded(request)
    return await run_in_threadpool(_attach, ticket_id, write, name, content)


def _attach(ticket_id: UUID, write: Writer, name: str, content: bytes) -> JSONResponse:
    return page_after(
        write,
        files.identity(name, content),
        ticket_id,
        lambda uow: attachments.attach(uow, ticket_id, name, content),
        status=201,
    )


@router.get(
    "/api/tickets/{ticket_id}/attachments/{attachment_id}",
    response_class=Response,
    responses=files.BYTES,
)
def download(
    ticket_id: UUID,
    attachment_id: UUID,
    principal: Annotated[Principal, Depends(Need(Right.PERSONAL_VIEW))],
) -> Response:
    """The file. Photos of people and places are for those who see personal data."""
    with read_session() as session:
        row, content = attachments.read(session, principal.org_id, ticket_id, attachment_id)
    return files.sent(row, content)


@router.post("/api/tickets/{ticket_id}/attachments/{attachment_id}/hide", response_model=TicketPage)
def hide(ticket_id: UUID, attachment_id: UUID, body: HideBody, write: Worker) -> JSONResponse:
    """Show a file no more. It is kept."""
    return page_after(
        write,
        body,
        ticket_id,
        lambda uow: attachments.hide(uow, ticket_id, attachment_id, body.reason),
    )
