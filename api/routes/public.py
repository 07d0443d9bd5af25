"""Without a login: the public form, and partners' systems with a signature."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request

from api.schemas_public import PartnerTicketBody, PublicTicketAnswer, PublicTicketBody
from core import idempotency
from core.db import read_session
from core.errors import InvalidField
from core.settings import settings
from dispatch.directory.imports.cells import without_extension
from dispatch.directory.repository import customer_by_number
from dispatch.directory.rules import e164
from dispatch.tickets import submissions
from dispatch.tickets.service import NewTicket
from dispatch.tickets.submissions import Accepted, Handed, PublicFormOff

router = APIRouter(tags=["public"])
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Any unique text of 1 to 128 visible characters; reuse on retry.",
    ),
]


def _answer(accepted: Accepted) -> dict[str, Any]:
    return {
        "number": accepted.number,
        "received_at": accepted.received_at,
        "next_zh": accepted.next_zh,
        "next_en": accepted.next_en,
    }


@router.post("/api/public/tickets", status_code=201, response_model=PublicTicketAnswer)
def public_ticket(
    body: PublicTicketBody, request: Request, idempotency_key: Key = None
) -> dict[str, Any]:
    """Report a fault or ask something without a login. Limited per address and hour."""
    if not settings().public_tickets:
        raise PublicFormOff
    key = idempotency.check_key(idempotency_key)
    submissions.demand_people(body.website)
    if e164(body.phone, settings().phone_region) is None:
        raise InvalidField("body.phone", "is not a telephone number", "不是电话号码")
    with read_session() as session:
        org_id = submissions.public_organisation(session)
    address = request.client.host if request.client else ""
    ticket = NewTicket(
        kind=body.kind,
        channel="web",
        caller_name=body.name,
        caller_phone=body.phone,
        description="\n".join(part for part in (body.words, body.place) if part),
    )
    limit = settings().public_tickets_per_hour
    return _answer(
        submissions.accept(org_id, Handed("web", key, address, ticket, limit, own_keys=True))
    )


async def _signed(
    request: Request,
    x_paidan_signature: Annotated[
        str | None, Header(description="`t=SECONDS,v1=HEX`, see docs/tickets.md")
    ] = None,
) -> None:
    submissions.check_partner(await request.body(), x_paidan_signature)


@router.post(
    "/api/partner/tickets",
    status_code=201,
    response_model=PublicTicketAnswer,
    dependencies=[Depends(_signed)],
)
def partner_ticket(body: PartnerTicketBody, idempotency_key: Key = None) -> dict[str, Any]:
    """Hand in a request from another system, signed with the shared secret."""
    key = idempotency.check_key(idempotency_key)
    number = without_extension(body.phone or "")
    if number and e164(number, settings().phone_region) is None:
        raise InvalidField("body.phone", "is not a telephone number", "不是电话号码")
    with read_session() as session:
        org_id = submissions.public_organisation(session)
        customer_id = None
        if body.account_number:
            customer_id = customer_by_number(session, org_id, body.account_number)
            if customer_id is None:
                raise InvalidField("body.account_number", "there is no such account", "没有此户号")
    ticket = NewTicket(
        kind=body.kind,
        channel="api",
        caller_name=body.name,
        caller_phone=body.phone,
        description=body.words,
        customer_id=customer_id,
    )
    return _answer(submissions.accept(org_id, Handed("api", key, "partner", ticket)))
