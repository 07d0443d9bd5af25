"""Webhooks of the carrier. The signature takes the place of a login."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from core.clock import now
from core.errors import Problem
from dispatch.tickets import submissions
from dispatch.tickets.service import NewTicket
from dispatch.tickets.submissions import Accepted, Handed
from telephony import service, twilio
from telephony.rules import CarrierEvent, Kind

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
    """A caller rings: open the call, answer with a greeting and the queue."""
    await _received("voice", request)
    return _twiml(twilio.welcome())


@router.post("/status")
async def status(request: Request) -> Response:
    """The call's state changed; `completed` is point A."""
    await _received("status", request)
    return Response(status_code=204)


@router.post("/queue")
async def queue(request: Request) -> Response:
    """The caller left the queue."""
    event = await _received("queue", request)
    return _twiml(twilio.after_queue(event.params["QueueResult"]))


@router.post("/sms")
async def message(request: Request) -> Response:
    """A customer's short message: a ticket, once however often it comes; the reply says so."""
    form = twilio.authentic_form(*await _signed(request))
    received = twilio.parse_message(form)
    accepted = await run_in_threadpool(_take_message, received)
    return _twiml(twilio.reply(f"{accepted.next_zh}（{accepted.number}）"))


def _take_message(received: twilio.InboundMessage) -> Accepted:
    org_id = service.organisation_of([received.to_number])
    ticket = NewTicket(
        kind="fault_repair",
        channel="sms",
        caller_phone=received.from_number,
        description=received.text[: submissions.WORDS_LIMIT],
    )
    return submissions.accept(org_id, Handed("sms", received.sid, received.from_number, ticket))


async def _received(kind: Kind, request: Request) -> CarrierEvent:
    received_at = now()
    event = twilio.authentic(kind, *await _signed(request), received_at)
    await run_in_threadpool(service.receive, event)
    return event


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
