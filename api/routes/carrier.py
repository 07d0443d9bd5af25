"""Webhooks of the carrier. The signature takes the place of a login."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from core.clock import now
from core.errors import Problem
from dispatch.tickets import submissions
from dispatch.tickets.service import NewTicket
from dispatch.tickets.submissions import Accepted, Handed
from telephony import answering, service
from telephony.rules import CarrierEvent, Kind
from telephony.twilio import reports, twiml, webhooks
from telephony.twilio.reports import NOWHERE, Place
from telephony.twilio.twiml import Turn

MAX_BODY = 64 * 1024  # bytes; the carrier's requests are about one kilobyte
FORM = "application/x-www-form-urlencoded"

# Described in docs/telephony.md: the carrier's own interface, not part of ours.
router = APIRouter(prefix="/telephony/twilio", include_in_schema=False)


class WebhookTooLarge(Problem):
    status = 413
    code = "webhook_too_large"
    zh = "请求体过大，最多 {limit} 字节。"
    en = "The request body is too large; the limit is {limit} bytes."


class WebhookNotForm(Problem):
    status = 415
    code = "webhook_not_form"
    zh = "请求体须为 application/x-www-form-urlencoded。"
    en = "The request body must be application/x-www-form-urlencoded."


@router.post("/voice")
async def voice(request: Request) -> Response:
    """A caller rings: open the call, answer with what the caller is to hear."""
    return await _answered("voice", request)


@router.post("/leg/{leg_id}/{step}")
async def step(leg_id: str, step: str, request: Request) -> Response:
    """A leg asks what is next: it was answered, pressed keys, waits, left the queue."""
    turn = request.query_params.get("turn", "")
    place = Place(leg=leg_id, step=step, turn=turn)
    return await _answered("queue" if step == "queue" else "step", request, place)


@router.post("/queue")
async def queue(request: Request) -> Response:
    """The caller left the queue, and came to it without a leg of a known name."""
    return await _answered("queue", request)


@router.post("/wait")
async def wait(request: Request) -> Response:
    """The caller waits in the queue, and came to it without a leg of a known name."""
    return await _answered("step", request, Place(step="wait"))


@router.post("/script")
async def script(request: Request, leg: str = "", nodes: str = "") -> Response:
    """A document that stands in its own address: it needs nothing but the signature."""
    webhooks.authentic_form(*await _signed(request))
    return _twiml(twiml.render(twiml.decoded(nodes), Turn(reports.id_of("leg", leg))))


@router.post("/status")
async def status(request: Request, leg: str = "") -> Response:
    """A leg came to another state; `completed` of the caller's is point A."""
    return await _told("status", request, Place(leg=leg))


@router.post("/conference")
async def conference(request: Request) -> Response:
    """Somebody came into a conference, went, or was held."""
    return await _told("conference", request)


@router.post("/recording")
async def recording(request: Request, conference: str = "", leg: str = "") -> Response:
    """A recording began, is ready, or came to nothing."""
    return await _told("recording", request, Place(leg=leg, conference=conference))


@router.post("/sms")
async def message(request: Request) -> Response:
    """A customer's short message: a ticket, once however often it comes; the reply says so."""
    form = webhooks.authentic_form(*await _signed(request))
    received = reports.parse_message(form)
    accepted = await run_in_threadpool(_take_message, received)
    return _twiml(twiml.reply(f"{accepted.next_zh}（{accepted.number}）"))


def _take_message(received: reports.InboundMessage) -> Accepted:
    org_id = service.organisation_of([received.to_number])
    ticket = NewTicket(
        kind="fault_repair",
        channel="sms",
        caller_phone=received.from_number,
        description=received.text[: submissions.WORDS_LIMIT],
    )
    return submissions.accept(org_id, Handed("sms", received.sid, received.from_number, ticket))


async def _answered(kind: Kind, request: Request, place: Place = NOWHERE) -> Response:
    event = await _event(kind, request, place)
    answer = await run_in_threadpool(answering.answer, event)
    turn = Turn(answer.leg_id, reports.turn_after(event))
    return _twiml(twiml.render(answer.script, turn))


async def _told(kind: Kind, request: Request, place: Place = NOWHERE) -> Response:
    event = await _event(kind, request, place)
    await run_in_threadpool(service.receive, event)
    return Response(status_code=204)


async def _event(kind: Kind, request: Request, place: Place) -> CarrierEvent:
    received_at = now()
    form = webhooks.authentic_form(*await _signed(request))
    return reports.parse(kind, form, received_at, place)


async def _signed(request: Request) -> tuple[str, bytes, str | None]:
    """Path and query as sent, the form, the carrier's signature."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise WebhookNotForm
    body = await _body(request)
    target = bytes(request.scope["raw_path"]).decode("latin-1")
    if query := bytes(request.scope["query_string"]).decode("latin-1"):
        target += f"?{query}"
    return target, body, request.headers.get("x-twilio-signature")


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise WebhookTooLarge(limit=MAX_BODY)
    return bytes(body)


def _twiml(document: str) -> Response:
    return Response(document, media_type="text/xml")
