"""Twilio's webhooks: signature, parameters, answers. The only file that knows their shape.

Sources: twilio.com/docs/usage/security (signature), /docs/voice/twiml (request parameters),
/docs/messaging/guides/webhook-request (short messages),
/docs/voice/api/call-resource (status callbacks), /docs/voice/twiml/enqueue (queue results).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import VoiceResponse

from core.errors import BadSignature, InvalidField, Unavailable
from core.settings import settings
from telephony.rules import DIRECTIONS, NO_SEQUENCE, STATUSES, CarrierEvent, Kind

CARRIER = "twilio"
QUEUE = "hotline"
QUEUE_PATH = "/telephony/twilio/queue"
MAX_PARAMETERS = 200
QUEUE_RESULTS = (
    "bridged",
    "bridging-in-process",
    "error",
    "hangup",
    "leave",
    "redirected",
    "redirected-from-bridged",
    "queue-full",
    "system-error",
)
# What the log keeps of a webhook: never numbers, names or places.
KEPT = (
    "CallSid",
    "ParentCallSid",
    "AccountSid",
    "ApiVersion",
    "CallStatus",
    "Direction",
    "CallbackSource",
    "Timestamp",
    "SequenceNumber",
    "CallDuration",
    "Duration",
    "SipResponseCode",
    "QueueResult",
    "QueueSid",
    "QueueTime",
)
_CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
_SEQUENCE = re.compile(r"[0-9]{1,9}")
_CODE = re.compile(r"[A-Za-z0-9_.:/+ -]{0,80}")

WELCOME = (
    ("cmn-CN", "您好，这里是供电抢修热线，正在为您转接坐席，请稍候。"),
    ("en-US", "Welcome to the power repair hotline. Please hold for an agent."),
)
NO_AGENT = (
    ("cmn-CN", "抱歉，现在无法接通坐席，请稍后再拨。"),
    ("en-US", "Sorry, no agent can be reached. Please call again in a moment."),
)


@dataclass(frozen=True, slots=True)
class Form:
    """The parameters of a request as they were sent: blank and repeated ones included."""

    pairs: tuple[tuple[str, str], ...]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.pairs)

    def getlist(self, name: str) -> list[str]:
        """Every value of `name`, in order. The validator asks by this name."""
        return [value for key, value in self.pairs if key == name]

    def optional(self, name: str) -> str | None:
        """The value of `name`; None where it was not sent. Raises InvalidField if repeated."""
        values = self.getlist(name)
        if len(values) > 1:
            raise InvalidField(f"body.{name}", "given more than once")
        return values[0] if values else None

    def required(self, name: str, *, blank: bool = False) -> str:
        """The value of `name`. Raises InvalidField naming it when missing, or blank."""
        value = self.optional(name)
        if value is None or (not value and not blank):
            raise InvalidField(f"body.{name}", "missing")
        return value


def form_of(body: bytes) -> Form:
    """Decode `application/x-www-form-urlencoded`. Raises InvalidField for anything else."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError:
        raise InvalidField("body", "not a form of UTF-8 parameters") from None
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise InvalidField("body", "contains a null character")
    return Form(tuple(pairs))


def verify(url: str, params: Form, signature: str | None, token: str) -> None:
    """Check the signature over the address and all parameters. Raises BadSignature."""
    if not signature or not RequestValidator(token).validate(url, params, signature):
        raise BadSignature


def authentic(
    kind: Kind, target: str, body: bytes, signature: str | None, received_at: datetime
) -> CarrierEvent:
    """Check and read one webhook.

    `target` is the request's path and query exactly as sent. The address is built from the
    configured public URL, never from what the request says of its host. Raises Unavailable
    (no token configured), BadSignature, or InvalidField naming the parameter.
    """
    return parse(kind, authentic_form(target, body, signature), received_at)


def authentic_form(target: str, body: bytes, signature: str | None) -> Form:
    """The parameters of a webhook that the carrier signed. Raises as `authentic` does."""
    token = settings().twilio_auth_token
    if token is None or not token.get_secret_value():
        raise Unavailable(what="PAIDAN_TWILIO_AUTH_TOKEN")
    form = form_of(body)
    url = settings().effective_public_url + target
    verify(url, form, signature, token.get_secret_value())
    account = settings().twilio_account_sid
    if account and form.required("AccountSid") != account:
        raise InvalidField("body.AccountSid", "not the configured account")
    return form


def parse(kind: Kind, form: Form, received_at: datetime) -> CarrierEvent:
    """The report in a webhook. Raises InvalidField naming what is missing or wrong.

    Voice and queue webhooks carry neither a time nor a number; a status callback without
    Timestamp is taken with a less certain time.
    """
    call_sid = _matching(form, "CallSid", _CALL_SID)
    _matching(form, "AccountSid", _ACCOUNT_SID)
    form.required("ApiVersion")
    status = _one_of(form, "CallStatus", STATUSES)
    sequence, carrier_at, key = NO_SEQUENCE, None, status
    if kind == "status":
        sequence = int(_matching(form, "SequenceNumber", _SEQUENCE))
        carrier_at = _timestamp(form)
        key = f"{sequence}:{status}"
    elif kind == "queue":
        key = f"{_one_of(form, 'QueueResult', QUEUE_RESULTS)}:{form.optional('QueueTime') or ''}"
    return CarrierEvent(
        kind=kind,
        carrier=CARRIER,
        carrier_call=call_sid,
        direction=_one_of(form, "Direction", DIRECTIONS),
        from_number=form.required("From", blank=True),  # callers may withhold it
        to_number=form.required("To"),
        status=status,
        sequence=sequence,
        carrier_at=carrier_at,
        received_at=received_at,
        dedup_key=f"{call_sid}:{kind}:{key}",
        params=_kept(form),
    )


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A short message of a customer. `sid`: the carrier's id, equal for repeated deliveries."""

    sid: str
    from_number: str
    to_number: str
    text: str


def parse_message(form: Form) -> InboundMessage:
    """The short message in a webhook. Raises InvalidField naming what is missing or wrong."""
    _matching(form, "AccountSid", _ACCOUNT_SID)
    return InboundMessage(
        sid=_matching(form, "MessageSid", _MESSAGE_SID),
        from_number=form.required("From"),
        to_number=form.required("To"),
        text=form.required("Body", blank=True),
    )


def reply(text: str) -> str:
    """TwiML that answers a short message."""
    response = MessagingResponse()
    response.message(text)
    return str(response)


def _matching(form: Form, name: str, pattern: re.Pattern[str]) -> str:
    value = form.required(name)
    if not pattern.fullmatch(value):
        raise InvalidField(f"body.{name}", "not of the carrier's form")
    return value


def _one_of(form: Form, name: str, known: tuple[str, ...]) -> str:
    value = form.required(name)
    if value not in known:
        raise InvalidField(f"body.{name}", f"must be one of {', '.join(known)}")
    return value


def _timestamp(form: Form) -> datetime | None:
    value = form.optional("Timestamp")
    if not value:
        return None
    try:
        at = parsedate_to_datetime(value)
        # "-0000" is UTC without a word about the place (RFC 2822, 3.3)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidField("body.Timestamp", "not an RFC 2822 time") from None


def _kept(form: Form) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name in KEPT:
        value = form.optional(name)
        if value is None:
            continue
        if name != "Timestamp" and not _CODE.fullmatch(value):
            raise InvalidField(f"body.{name}", "not of the carrier's form")
        kept[name] = value
    return kept


def welcome() -> str:
    """TwiML that answers a caller: a greeting, then the queue."""
    response = VoiceResponse()
    for language, words in WELCOME:
        response.say(words, language=language)
    action = settings().effective_public_url + QUEUE_PATH
    response.enqueue(QUEUE, action=action, method="POST")
    return str(response)


def after_queue(result: str) -> str:
    """TwiML for a caller who left the queue with `result` (QueueResult)."""
    response = VoiceResponse()
    if result in ("error", "queue-full", "system-error"):
        for language, words in NO_AGENT:
            response.say(words, language=language)
    response.hangup()
    return str(response)
