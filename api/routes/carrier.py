"""Webhooks of the carrier. The signature takes the place of a login."""

import asyncio
from collections.abc import Callable

import psycopg
from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty
from starlette.concurrency import run_in_threadpool

from api import carrier_gate
from api.carrier_gate import TooLate
from core.clock import now
from core.db import glance, read_session
from core.errors import Problem, Unavailable
from core.identity import system_actor
from core.logging import logger
from core.settings import settings
from core.uow import unit_of_work
from dispatch.tickets import submissions
from dispatch.tickets.service import NewTicket
from dispatch.tickets.submissions import Handed
from telephony import answering, early, messages, service
from telephony.flow import Situation
from telephony.rules import CarrierEvent, Kind, MessageReport
from telephony.templates import ENGLISH
from telephony.twilio import fallback, reports, twiml, webhooks
from telephony.twilio.reports import NOWHERE, Place
from telephony.twilio.twiml import Turn

MAX_BODY = 64 * 1024  # bytes; the carrier's requests are about one kilobyte
FORM = "application/x-www-form-urlencoded"
AWAY = (psycopg.OperationalError, OperationalError, PoolEmpty)
"""The database is not there, or has too much to do."""
MAX_AGAIN_DIGITS = 3
BEHIND_S, REPORTS_BEHIND_S = 0.4, 5.0
"""A process that is so far behind answers with what costs least until it has caught up; nobody on a
line waits for a report, and one that is refused comes again.
"""
log = logger(__name__)

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
    asked = request.query_params
    place = Place(leg=leg_id, step=step, turn=asked.get("turn", ""), digits=asked.get("digits", ""))
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
async def recording(request: Request, leg: str = "", of: str = "") -> Response:
    """A recording began, is ready, or came to nothing."""
    return await _told("recording", request, Place(leg=leg, of=of))


@router.post("/message/{message_id}")
async def message_status(message_id: str, request: Request) -> Response:
    """What became of a short message of ours."""
    received_at = now()
    form = webhooks.authentic_form(*await _signed(request))
    told = reports.parse_message_status(form, received_at, reports.id_of("message", message_id))
    await _reported("message", lambda: _take_delivery(told))
    return Response(status_code=204)


def _take_delivery(told: MessageReport) -> None:
    messages.delivered(
        told.message_id,
        told.status,
        carrier=told.carrier,
        carrier_message=told.carrier_message,
        at=told.received_at,
        error_code=told.error_code or None,
    )


@router.post("/fallback")
async def fallback_document(request: Request) -> Response:
    """Another address of ours failed: a document that needs nothing but the signature."""
    form = webhooks.authentic_form(*await _signed(request))
    return _twiml(fallback.document(form.required("Direction")))


@router.post("/sms")
async def message(request: Request) -> Response:
    """A customer's short message: a ticket, once however often it comes; the reply says so.

    A word that stops or starts notices is done and makes no ticket; nor does a message without
    words.
    """
    form = webhooks.authentic_form(*await _signed(request))
    received = reports.parse_message(form)
    return _twiml(twiml.reply(await run_in_threadpool(_take_message, received)))


def _take_message(received: reports.InboundMessage) -> str:
    """What the sender is answered, in the sender's language."""
    org_id = service.organisation_of([received.to_number])
    if word := messages.keyword(received.text):
        with unit_of_work(system_actor(org_id, "carrier")) as uow:
            return messages.heard_keyword(uow, received.from_number, word, received.text)
    with read_session() as session:
        who = (org_id, received.from_number, received.text)
        english = messages.language_wished(session, *who) == ENGLISH
    if not received.text.strip():
        return submissions.EMPTY[english]
    ticket = NewTicket(
        kind="fault_repair",
        channel="sms",
        caller_phone=received.from_number,
        description=received.text[: submissions.WORDS_LIMIT],
    )
    handed = Handed("sms", received.sid, received.from_number, ticket)
    accepted = submissions.accept(org_id, handed)
    if english:
        return f"{accepted.next_en} ({accepted.number})"
    return f"{accepted.next_zh}（{accepted.number}）"


async def _answered(kind: Kind, request: Request, place: Place = NOWHERE) -> Response:
    """What the leg is to hear, never later than the budget and never nothing."""
    event = await _event(kind, request, place)
    if request.app.state.lag.behind() > BEHIND_S:
        return _instead(kind, request, event, place, TooLate(begun=False))
    if early.can_be(event):
        return await _answered_early(kind, request, event, place)
    try:
        answer = await carrier_gate.documents().do(lambda: answering.answer(event))
    except (TooLate, *AWAY) as trouble:
        return _instead(kind, request, event, place, trouble)
    turn = Turn(answer.leg_id, reports.turn_after(event))
    return _twiml(twiml.render(answer.script, turn))


async def _answered_early(
    kind: Kind, request: Request, event: CarrierEvent, place: Place
) -> Response:
    """The same where only the flow decides: the report is kept with what was decided."""
    state = request.app.state
    try:
        async with asyncio.timeout(settings().webhook_budget_seconds):
            found = early.early(event, await _situation(request, event))
            await state.taking.take(event, found.decided)
    except (TimeoutError, TooLate, Unavailable, *AWAY) as trouble:
        return _instead(kind, request, event, place, trouble)
    return _twiml(twiml.render(found.script, Turn(found.leg_id, reports.turn_after(event))))


async def _situation(request: Request, event: CarrierEvent) -> Situation:
    standing = await request.app.state.standings.of(event.to_number)
    if not early.reads(event):
        return early.standing_situation(standing, event)

    def look_up() -> Situation:
        with glance() as session:
            return early.looked_up(session, standing, event)

    return await carrier_gate.documents().do(look_up)


def _instead(
    kind: Kind, request: Request, event: CarrierEvent, place: Place, trouble: Exception
) -> Response:
    _warn("fallback_answered", kind, trouble)
    return _twiml(fallback.instead(event, place.turn, _again(request)))


def _again(request: Request) -> int:
    again = request.query_params.get("again", "0")
    return int(again) if again.isdecimal() and len(again) < MAX_AGAIN_DIGITS else 0


async def _told(kind: Kind, request: Request, place: Place = NOWHERE) -> Response:
    """A report is kept, and told by whoever tells reports; the carrier repeats what is refused."""
    if request.app.state.lag.behind() > REPORTS_BEHIND_S:
        _warn("report_refused", kind, TooLate(begun=False))
        raise Unavailable(what="webhooks")
    await request.app.state.taking.take(await _event(kind, request, place))
    return Response(status_code=204)


async def _reported(kind: str, work: Callable[[], object]) -> None:
    """Take a report; the carrier repeats what is refused. Raises Unavailable."""
    try:
        await carrier_gate.reports().do(work)
    except TooLate as trouble:
        _warn("report_refused", kind, trouble)
        raise Unavailable(what="webhooks") from None


def _warn(event: str, kind: str, trouble: Exception) -> None:
    begun = trouble.begun if isinstance(trouble, TooLate) else False
    log.warning(event, webhook=kind, because=type(trouble).__name__, begun=begun)


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
