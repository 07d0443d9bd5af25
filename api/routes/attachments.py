"""Files of tickets: up, down, hidden."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.deps import Need, Writer, writer
from api.routes.tickets import page_after
from api.schemas_tickets import HideBody, TicketPage
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from dispatch.tickets import attachments
from dispatch.tickets.file_types import MAX_BYTES, plain_name

router = APIRouter(tags=["tickets"])
Worker = Annotated[Writer, writer(Right.TICKET_WORK)]
# What a browser may show by itself; everything else is offered as a download.
SHOWN = ("image/jpeg", "image/png", "image/gif", "image/webp")
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


class UploadedFile(BaseModel):
    """What makes two uploads the same."""

    name: str
    digest: str


@router.post(
    "/api/tickets/{ticket_id}/attachments",
    status_code=201,
    response_model=TicketPage,
    openapi_extra=FORM,
)
async def attach(ticket_id: UUID, request: Request, write: Worker) -> Response:
    """Attach an image, a PDF, a sound or a video of at most 10 MB; its content says what it is."""
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidField("body.file", "must be a file", "应为文件")
        content = await file.read(MAX_BYTES + 1)
        return await run_in_threadpool(_attach, ticket_id, write, file.filename or "", content)


def _attach(ticket_id: UUID, write: Writer, name: str, content: bytes) -> JSONResponse:
    attachments.checked_type(content)
    body = UploadedFile(name=plain_name(name), digest=attachments.digest_of(content))
    return page_after(
        write,
        body,
        ticket_id,
        lambda uow: attachments.attach(uow, ticket_id, name, content),
        status=201,
    )


@router.get(
    "/api/tickets/{ticket_id}/attachments/{attachment_id}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def download(
    ticket_id: UUID,
    attachment_id: UUID,
    principal: Annotated[Principal, Depends(Need(Right.PERSONAL_VIEW))],
) -> Response:
    """The file. Photos of people and places are for those who see personal data."""
    with read_session() as session:
        row, content = attachments.read(session, principal.org_id, ticket_id, attachment_id)
    how = "inline" if row.content_type in SHOWN else "attachment"
    headers = {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(row.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, max-age=3600",
    }
    return Response(content, media_type=row.content_type, headers=headers)


@router.post("/api/tickets/{ticket_id}/attachments/{attachment_id}/hide", response_model=TicketPage)
def hide(ticket_id: UUID, attachment_id: UUID, body: HideBody, write: Worker) -> JSONResponse:
    """Show a file no more. It is kept."""
    return page_after(
        write,
        body,
        ticket_id,
        lambda uow: attachments.hide(uow, ticket_id, attachment_id, body.reason),
    )
