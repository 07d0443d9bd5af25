"""Tickets that nobody at a desk takes: the public form, short messages, partners' systems.

All make the same ticket as an agent does; its clock starts the moment it is accepted. What was
handed in is taken once, however often it is sent.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import real_now
from core.errors import InvalidField, Problem
from core.identity import system_actor
from core.models import Organisation
from core.secrets import secret_key
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from dispatch.directory.rules import e164
from dispatch.tickets import repository
from dispatch.tickets.models import Submission, Ticket
from dispatch.tickets.service import NewTicket, file_ticket

HOUR = timedelta(hours=1)
TOLERANCE = timedelta(minutes=5)
WORDS_LIMIT = 4000
_NEXT = {
    "fault_repair": (
        "已收到您的报修。坐席核实后立即派单，进度会以短信或电话告知。如有导线落地、起火或有人触电，请立即拨打报修热线。",
        "Your report is here. An agent checks it and sends a crew at once; you will hear from us. "
        "If a wire is down, something burns or somebody is hurt, call the hotline now.",
    ),
    "complaint": (
        "已收到您的投诉，将由责任部门调查，并在五天内答复您。",
        "Your complaint is here. The department responsible looks into it and answers within five "
        "days.",
    ),
}
_NEXT_OF_OTHERS = (
    "已收到，我们会尽快处理并答复您。",
    "It is here. We will deal with it and answer you.",
)
EMPTY = (
    "您的短信没有文字，未受理。请写明地址和故障情况后重发，或拨打报修热线。",
    "Your message has no words, so nothing was reported. Send the address and what is wrong, or "
    "call the hotline.",
)
"""What a message without words is answered, in Chinese and English."""


class TooManySubmissions(Problem):
    """One address or number handed in more than is allowed in an hour."""

    status = 429
    code = "too_many_submissions"
    zh = "提交过于频繁，请在 {seconds} 秒后再试；紧急情况请拨打报修热线。"
    en = "Too many requests; try again in {seconds} seconds. In an emergency call the hotline."


class PublicFormOff(Problem):
    status = 404
    code = "public_form_off"
    zh = "网上受理未开通。"
    en = "The public form is not in use here."


class PartnersOff(Problem):
    status = 404
    code = "partners_off"
    zh = "合作方接口未开通。"
    en = "Tickets of partners are not in use here."


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is told to whoever handed it in."""

    number: str
    received_at: datetime
    next_zh: str
    next_en: str


@dataclass(frozen=True, slots=True)
class Handed:
    """What was handed in. `key`: the sender's own id of it; `origin`: address or number.

    `own_keys`: each origin has its own; else they are one sender's, whatever it comes from.
    """

    channel: str
    key: str
    origin: str
    ticket: NewTicket
    limit: int | None = None
    own_keys: bool = False


def accept(org_id: int, handed: Handed) -> Accepted:
    """File the ticket, once per `key`. Raises TooManySubmissions beyond `limit` per hour."""
    with unit_of_work(system_actor(org_id, handed.channel)) as uow:
        origin = _digest(handed.origin)
        _one_at_a_time(uow, origin)
        key = _digest(f"{handed.origin} {handed.key}") if handed.own_keys else handed.key
        before = repository.submission(uow.session, org_id, handed.channel, key)
        if before is not None:
            row = uow.session.get_one(Ticket, (org_id, before.ticket_id))
            return _accepted(row)
        if handed.limit is not None:
            _demand_few(uow, origin, handed.limit)

        ticket_id = file_ticket(uow, _with_customer(uow, handed.ticket), source=handed.channel)

        uow.session.add(
            Submission(
                org_id=org_id,
                channel=handed.channel,
                key=key,
                ticket_id=ticket_id,
                origin=origin,
                at=real_now(),
            )
        )
        return _accepted(uow.session.get_one(Ticket, (org_id, ticket_id)))


def _one_at_a_time(uow: UnitOfWork, origin: str) -> None:
    """Two deliveries of one submission come from one origin: the second waits for the first."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"ticket:{uow.org_id}:{origin}", 0))
    uow.session.execute(select(lock))


def _demand_few(uow: UnitOfWork, origin: str, limit: int) -> None:
    since = real_now() - HOUR
    if repository.submissions_since(uow.session, uow.org_id, origin, since) >= limit:
        raise TooManySubmissions(seconds=int(HOUR.total_seconds()))


def _with_customer(uow: UnitOfWork, new: NewTicket) -> NewTicket:
    """The number in one form; the account, where exactly one has that number verified."""
    phone = e164(new.caller_phone, settings().phone_region) if new.caller_phone else None
    if phone is None:
        return new
    known = new.customer_id or repository.customer_of_phone(uow.session, uow.org_id, phone)
    return replace(new, caller_phone=phone, customer_id=known)


def _accepted(ticket: Ticket) -> Accepted:
    zh, en = _NEXT.get(ticket.kind, _NEXT_OF_OTHERS)
    return Accepted(ticket.number or "", ticket.filed_at, zh, en)


def _digest(origin: str) -> str:
    """Tells origins apart without keeping them."""
    return hmac.new(secret_key(), origin.encode(), hashlib.sha256).hexdigest()


def public_organisation(session: Session) -> int:
    """Who the public form and partners hand in to: the organisation that is no demo.

    Raises PublicFormOff where there is none, or several.
    """
    query = select(Organisation.id).where(~Organisation.demo).limit(2)
    found = session.scalars(query).all()
    if len(found) != 1:
        raise PublicFormOff
    return found[0]


def check_partner(body: bytes, signature: str | None) -> None:
    """The partner's signature `t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`.

    Raises PartnersOff without PAIDAN_PARTNER_SECRET, WrongPartnerSignature for all that is wrong
    or older than five minutes.
    """
    secret = settings().partner_secret
    if secret is None or not secret.get_secret_value():
        raise PartnersOff
    parts = dict(one.partition("=")[::2] for one in (signature or "").split(","))
    at, given = parts.get("t", ""), parts.get("v1", "")
    if not (at.isascii() and at.isdigit() and len(at) <= 12):
        raise WrongPartnerSignature
    wanted = hmac.new(
        secret.get_secret_value().encode(), at.encode() + b"." + body, hashlib.sha256
    ).hexdigest()
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise WrongPartnerSignature
    if abs(real_now().timestamp() - int(at)) > TOLERANCE.total_seconds():
        raise WrongPartnerSignature


class WrongPartnerSignature(Problem):
    status = 403
    code = "wrong_partner_signature"
    zh = "合作方签名不正确或已过期。"
    en = "The partner's signature is wrong, or too old."


def demand_people(website: str) -> None:
    """The trap of the public form: a field that people do not see. Raises InvalidField."""
    if website:
        raise InvalidField("body.website", "must be empty", "应为空")
