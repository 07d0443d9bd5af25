"""Tickets: filed, read, worked on."""

from collections.abc import Callable
from typing import Annotated, Any
from unicodedata import normalize
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.deps import Need, Writer, writer
from api.schemas import Moment
from api.schemas_order_page import TicketRow
from api.schemas_ticket_codes import TicketKind, TicketStateName
from api.schemas_tickets import (
    AnswerBody,
    ContactBody,
    MergeBody,
    RelateBody,
    ReopenBody,
    TicketBody,
    TicketCloseBody,
    TicketList,
    TicketPage,
    TicketReference,
    TicketReturnBody,
    TransferBody,
    UnmergeBody,
    UnrelateBody,
)
from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from core.settings import settings
from core.uow import UnitOfWork
from dashboards.order_page import ticket_row
from dashboards.seen import ticket_seen, viewer_of
from dashboards.ticket_page import ticket_page, transfer_units
from dashboards.tickets import Wanted, ticket_list
from dispatch.directory.imports.cells import without_extension
from dispatch.directory.rules import e164
from dispatch.tickets import handling, merging, relations, service, words
from dispatch.tickets.models import Ticket
from dispatch.tickets.service import Guided, NewTicket

router = APIRouter(tags=["tickets"])
Viewer = Annotated[Principal, Depends(Need(Right.TICKET_VIEW))]
Worker = Annotated[Writer, writer(Right.TICKET_WORK)]
Holder = Annotated[Writer, writer(Right.TICKET_ANSWER)]
Merger = Annotated[Writer, writer(Right.TICKET_MERGE)]
_CODES = {
    "kinds": words.KINDS,
    "channels": words.CHANNELS,
    "states": tuple((code, *names) for code, names in words.STATES.items()),
    "relations": words.RELATIONS,
    "merge_reasons": words.MERGE_REASONS,
    "unmerge_reasons": words.UNMERGE_REASONS,
    "return_reasons": words.RETURN_REASONS,
    "transfer_reasons": words.TRANSFER_REASONS,
    "reopen_reasons": words.REOPEN_REASONS,
    "close_ways": words.CLOSE_WAYS,
    "hide_reasons": words.HIDE_REASONS,
    "take_over_reasons": words.TAKE_OVER_REASONS,
    "outcomes": words.OUTCOMES,
    "satisfactions": words.SATISFACTIONS,
    "follow_ons": words.FOLLOW_ONS,
}


_FRAGMENTS = "Each word stands in number, name, phone, words, order or place."
_TELLS = {"call_id", "caller_name", "caller_phone", "description", "customer_id", "guide"}


def _check_told(body: TicketBody) -> None:
    """Something must be told, of a fault told by phone in its order; a number must be one."""
    number = without_extension(body.caller_phone or "")
    if number and e164(number, settings().phone_region) is None:
        raise InvalidField("body.caller_phone", "is not a telephone number", "不是电话号码")
    phoned = body.channel == "phone" and body.kind == "fault_repair"
    if phoned and "kind" in body.model_fields_set:
        return
    if not any(getattr(body, name) for name in _TELLS):
        raise InvalidField(
            "body.description",
            "tells nothing: words, a name, a number, a call or an account is needed",
            "内容为空：请填写内容、姓名、电话、通话或户号",
        )


@router.post("/api/tickets", status_code=201, response_model=TicketRow)
def file_ticket(
    body: TicketBody, write: Annotated[Writer, writer(Right.TICKET_FILE)]
) -> JSONResponse:
    """Take a customer's request. With `call_id`, the end of that call is point A."""
    _check_told(body)
    guide = Guided(body.guide.fault_code, body.guide.answers) if body.guide else None
    new = NewTicket(**body.model_dump(exclude={"guide"}), guide=guide)

    def act(uow: UnitOfWork) -> dict[str, Any]:
        ticket_id = service.file_ticket(uow, new)
        uow.flush()
        row = ticket_row(uow.session, uow.session.get_one(Ticket, (uow.org_id, ticket_id)))
        return ticket_seen(row, viewer_of(write.principal).eyes)

    return write.run(body, act, status=201)


@router.get("/api/tickets", response_model=TicketList)
def tickets(
    principal: Viewer,
    state: Annotated[list[TicketStateName] | None, Query(description="Any of these.")] = None,
    kind: TicketKind | None = None,
    order_id: Annotated[UUID | None, Query(description="Those that share this order.")] = None,
    customer_id: UUID | None = None,
    mine: Annotated[bool, Query(description="Filed by you, or with your unit.")] = False,
    overdue: Annotated[bool, Query(description="An answer is due and was not given.")] = False,
    unordered: Annotated[bool, Query(description="Faults that wait for an order.")] = False,
    before: Annotated[Moment | None, Query(description="Filed before: the next page.")] = None,
    q: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$", description=_FRAGMENTS)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> JSONResponse:
    """Tickets, newest first; for a centre those that it holds."""
    wanted = Wanted(
        states=state or (),
        kind=kind,
        order_id=order_id,
        customer_id=customer_id,
        mine=(principal.user_id, principal.unit_id) if mine else None,
        overdue_at=now() if overdue else None,
        unordered=unordered,
        access=principal.access,
        before=before,
        words=normalize("NFKC", q).split(),
        limit=limit,
    )
    with read_session() as session:
        eyes = viewer_of(principal).eyes
        return JSONResponse(ticket_list(session, principal.org_id, wanted, eyes))


@router.get("/api/tickets/reference", response_model=TicketReference)
def reference(principal: Viewer) -> dict[str, Any]:
    """Codes of tickets and follow-ups with their names, and who tickets can be transferred to."""
    named = {
        name: [{"code": code, "name_zh": zh, "name_en": en} for code, zh, en in rows]
        for name, rows in _CODES.items()
    }
    with read_session() as session:
        return {**named, "units": transfer_units(session, principal.org_id)}


@router.get("/api/tickets/{ticket_id}", response_model=TicketPage)
def ticket(principal: Viewer, ticket_id: UUID) -> JSONResponse:
    """One ticket with answers, clock, orders, relations, files, calls and history."""
    with read_session() as session:
        eyes = viewer_of(principal).eyes
        return JSONResponse(
            ticket_page(session, principal.org_id, ticket_id, eyes, principal.access)
        )


def page_after(
    write: Writer,
    body: BaseModel | None,
    ticket_id: UUID,
    use_case: Callable[[UnitOfWork], object],
    status: int = 200,
) -> JSONResponse:
    """Do a use case once and answer with the ticket's page as it will be committed."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        use_case(uow)
        uow.flush()
        uow.session.expunge_all()
        return ticket_page(uow.session, uow.org_id, ticket_id, viewer_of(write.principal).eyes)

    return write.run(body, act, status)


@router.post("/api/tickets/{ticket_id}/merge", response_model=TicketPage)
def merge(ticket_id: UUID, body: MergeBody, write: Merger) -> JSONResponse:
    """合并: share an open order; the ticket's own order, if it had one, closes as a duplicate."""
    return page_after(
        write,
        body,
        ticket_id,
        lambda uow: merging.merge(uow, ticket_id, body.order_id, body.reason, body.note),
    )


@router.post("/api/tickets/{ticket_id}/unmerge", response_model=TicketPage)
def unmerge(ticket_id: UUID, body: UnmergeBody, write: Merger) -> JSONResponse:
    """Undo the merge: the ticket is what it was, and the order that it closed is back."""
    return page_after(
        write, body, ticket_id, lambda uow: merging.unmerge(uow, ticket_id, body.reason, body.note)
    )


@router.post("/api/tickets/{ticket_id}/relate", response_model=TicketPage)
def relate(ticket_id: UUID, body: RelateBody, write: Worker) -> JSONResponse:
    """Say that this ticket has to do with another one."""
    return page_after(
        write,
        body,
        ticket_id,
        lambda uow: relations.relate(uow, ticket_id, body.ticket_id, body.relation),
    )


@router.post("/api/tickets/{ticket_id}/unrelate", response_model=TicketPage)
def unrelate(ticket_id: UUID, body: UnrelateBody, write: Worker) -> JSONResponse:
    """Take that back."""
    return page_after(
        write, body, ticket_id, lambda uow: relations.unrelate(uow, ticket_id, body.ticket_id)
    )


@router.post("/api/tickets/{ticket_id}/return", response_model=TicketPage)
def return_ticket(ticket_id: UUID, body: TicketReturnBody, write: Holder) -> JSONResponse:
    """退回: whoever filed it completes or corrects it."""
    return page_after(
        write,
        body,
        ticket_id,
        lambda uow: handling.return_to_filer(
            uow, ticket_id, body.reason, body.note, write.principal.access
        ),
    )


@router.post("/api/tickets/{ticket_id}/transfer", response_model=TicketPage)
def transfer(ticket_id: UUID, body: TransferBody, write: Worker) -> JSONResponse:
    """转办: a department or centre has it from now on."""
    return page_after(
        write,
        body,
        ticket_id,
        lambda uow: handling.transfer(uow, ticket_id, body.unit_id, body.reason, body.note),
    )


@router.post("/api/tickets/{ticket_id}/contact", response_model=TicketPage)
def contact(ticket_id: UUID, body: ContactBody, write: Holder) -> JSONResponse:
    """Somebody spoke with the customer; an answer is still to come. The first time counts."""
    return page_after(
        write,
        body,
        ticket_id,
        lambda uow: handling.contact(uow, ticket_id, body.note, write.principal.access),
    )


@router.post("/api/tickets/{ticket_id}/answer", response_model=TicketPage)
def answer(ticket_id: UUID, body: AnswerBody, write: Holder) -> JSONResponse:
    """The customer has an answer; some kinds go to the follow-up queue."""
    return page_after(
        write,
        body,
        ticket_id,
        lambda uow: handling.answer(uow, ticket_id, body.words, write.principal.access),
    )


@router.post("/api/tickets/{ticket_id}/acknowledge", response_model=TicketPage)
def acknowledge(ticket_id: UUID, write: Annotated[Writer, writer(Right.ALERT_ACK)]) -> JSONResponse:
    """Take note that it is late, or soon will be: nobody else is told."""
    access = write.principal.access
    return page_after(
        write, None, ticket_id, lambda uow: handling.acknowledge(uow, ticket_id, access)
    )


@router.post("/api/tickets/{ticket_id}/close", response_model=TicketPage)
def close(ticket_id: UUID, body: TicketCloseBody, write: Worker) -> JSONResponse:
    """归档. A ticket with an order closes with that."""
    return page_after(
        write, body, ticket_id, lambda uow: handling.close(uow, ticket_id, body.how, body.note)
    )


@router.post("/api/tickets/{ticket_id}/reopen", response_model=TicketPage)
def reopen(ticket_id: UUID, body: ReopenBody, write: Worker) -> JSONResponse:
    """Open again; an order that comes of it has a clock of its own, from now."""
    return page_after(
        write, body, ticket_id, lambda uow: handling.reopen(uow, ticket_id, body.reason, body.note)
    )
