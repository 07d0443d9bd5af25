"""What Twilio's webhooks tell, as reports of a carrier. Parameters outside a list are not kept.

Sources: twilio.com/docs/voice/twiml (request parameters), /voice/api/call-resource (status
callbacks), /voice/twiml/enqueue, /voice/twiml/conference (participant events),
/voice/twiml/dial (recordings), /messaging/guides (short messages).
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from uuid import UUID

from core.errors import InvalidField
from telephony.rules import (
    DIRECTIONS,
    NO_SEQUENCE,
    NUMBER,
    STATUSES,
    CarrierEvent,
    Kind,
    MessageReport,
)
from telephony.twilio.kept import kept
from telephony.twilio.webhooks import CARRIER, Form

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
CONFERENCE_EVENTS = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-hold": "hold",
    "participant-unhold": "unhold",
    "participant-mute": "mute",
    "participant-unmute": "unmute",
    "participant-modify": "modify",
}
RECORDING_STATUSES = ("in-progress", "completed", "absent")
MESSAGE_STATUSES = (
    "queued",
    "accepted",
    "scheduled",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "canceled",
    "read",
)
_CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
_CONFERENCE_SID = re.compile(r"CF[0-9a-fA-F]{32}")
_RECORDING_SID = re.compile(r"RE[0-9a-fA-F]{32}")
_COUNT = re.compile(r"[0-9]{1,9}")
_DIGITS = re.compile(r"[0-9*#A-Da-dwW]{0,64}|hangup")
_ERROR_CODE = re.compile(r"[0-9A-Za-z_-]{0,40}")


@dataclass(frozen=True, slots=True)
class Place:
    """What the address of a webhook says beside its kind, as it was sent; all of it is signed.

    `turn` tells the documents of one leg apart, so that the same key pressed again is news.
    `digits`: the keys of a question that is asked again. `of`: what is recorded.
    """

    leg: str = ""
    step: str = ""
    turn: str = ""
    digits: str = ""
    of: str = ""

    @property
    def leg_id(self) -> UUID | None:
        """The leg, by its id. Raises InvalidField."""
        return id_of("leg", self.leg) if self.leg else None


NOWHERE = Place()


def turn_after(event: CarrierEvent) -> str:
    """The `turn` of the addresses in the answer to this report: the same for each repetition."""
    return hashlib.sha256(event.dedup_key.encode()).hexdigest()[:12]


def parse(kind: Kind, form: Form, received_at: datetime, place: Place = NOWHERE) -> CarrierEvent:
    """The report in a webhook. Raises InvalidField naming what is missing or wrong.

    Only status callbacks and events of conferences carry a time and a number; a status callback
    without Timestamp is taken with a less certain time.
    """
    _matching(form, "AccountSid", _ACCOUNT_SID)
    if kind == "conference":
        return _conference(form, received_at)
    if kind == "recording":
        return _recording(form, received_at, place)
    return _of_call(kind, form, received_at, place)


def _of_call(kind: Kind, form: Form, received_at: datetime, place: Place) -> CarrierEvent:
    call_sid = _matching(form, "CallSid", _CALL_SID)
    form.required("ApiVersion")
    status = _one_of(form, "CallStatus", STATUSES)
    direction = _one_of(form, "Direction", DIRECTIONS)
    sequence, carrier_at, key, step = NO_SEQUENCE, None, status, place.step
    queue_result = ""
    if kind == "status":
        sequence = int(_matching(form, "SequenceNumber", _COUNT))
        carrier_at = _timestamp(form)
        key = f"{sequence}:{status}"
    elif kind == "queue":
        queue_result = _one_of(form, "QueueResult", QUEUE_RESULTS)
        step = "left" if queue_result == "leave" else "queue"
        key = f"{queue_result}:{form.optional('QueueTime') or ''}"
    elif kind == "step":
        key = f"{place.step}:{place.turn}:{form.optional('QueueTime') or ''}"
    elif kind == "voice":
        step = "answer"
    return CarrierEvent(
        kind=kind,
        carrier=CARRIER,
        carrier_call=call_sid,
        direction=direction,
        from_number=form.required("From", blank=True),  # callers may withhold it
        to_number=_matching(form, "To", NUMBER) if direction == "inbound" else form.required("To"),
        status=status,
        sequence=sequence,
        carrier_at=carrier_at,
        received_at=received_at,
        dedup_key=f"{call_sid}:{kind}:{key}",
        params=kept(form),
        leg_id=place.leg_id,
        step=step,
        digits=_maybe(form, "Digits", _DIGITS) or _keys(place.digits),
        queue_result=queue_result,
        queue_s=_count(form, "QueueTime"),
        recording=_recording_of(form),
        recording_s=_count(form, "RecordingDuration"),
        answered_by=form.optional("AnsweredBy") or "",
        error_code=_maybe(form, "ErrorCode", _ERROR_CODE),
    )


def _conference(form: Form, received_at: datetime) -> CarrierEvent:
    """A conference began or ended, or somebody in it came, went or was held."""
    sid = _matching(form, "ConferenceSid", _CONFERENCE_SID)
    name = str(id_of("body.FriendlyName", form.required("FriendlyName")))
    sequence = int(_matching(form, "SequenceNumber", _COUNT))
    told = _one_of(form, "StatusCallbackEvent", tuple(CONFERENCE_EVENTS))
    call_sid = _maybe(form, "CallSid", _CALL_SID)
    if told.startswith("participant") and not call_sid:
        raise InvalidField("body.CallSid", "missing")
    label = form.optional("ParticipantLabel")
    return CarrierEvent(
        kind="conference",
        carrier=CARRIER,
        carrier_call=call_sid,
        direction="",
        from_number="",
        to_number="",
        status="",
        sequence=sequence,
        carrier_at=_timestamp(form),
        received_at=received_at,
        dedup_key=f"{sid}:conference:{sequence}:{told}:{call_sid}",
        params=kept(form),
        leg_id=id_of("body.ParticipantLabel", label) if label else None,
        conference=name,
        room=sid,
        event=CONFERENCE_EVENTS[told],
        reason=form.optional("ReasonParticipantLeft")
        or form.optional("ReasonConferenceEnded")
        or "",
    )


def _recording(form: Form, received_at: datetime, place: Place) -> CarrierEvent:
    """A recording of a leg began, is ready, or came to nothing."""
    sid = _matching(form, "RecordingSid", _RECORDING_SID)
    event = _one_of(form, "RecordingStatus", RECORDING_STATUSES)
    return CarrierEvent(
        kind="recording",
        carrier=CARRIER,
        carrier_call=_maybe(form, "CallSid", _CALL_SID),
        direction="",
        from_number="",
        to_number="",
        status="",
        received_at=received_at,
        dedup_key=f"{sid}:recording:{event}",
        params=kept(form),
        leg_id=place.leg_id,
        event=event,
        recording=sid,
        recorded="message" if place.of == "message" else "conversation",
        recording_at=_rfc2822(form, "RecordingStartTime"),
        recording_s=_count(form, "RecordingDuration") if event == "completed" else None,
        error_code=_maybe(form, "ErrorCode", _ERROR_CODE),
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


def parse_message_status(form: Form, received_at: datetime, message_id: UUID) -> MessageReport:
    """What became of our message. Raises InvalidField naming what is missing or wrong."""
    _matching(form, "AccountSid", _ACCOUNT_SID)
    return MessageReport(
        carrier=CARRIER,
        carrier_message=_matching(form, "MessageSid", _MESSAGE_SID),
        message_id=message_id,
        status=_one_of(form, "MessageStatus", MESSAGE_STATUSES),
        error_code=_maybe(form, "ErrorCode", _ERROR_CODE),
        received_at=received_at,
    )


def _matching(form: Form, name: str, pattern: re.Pattern[str]) -> str:
    value = form.required(name)
    if not pattern.fullmatch(value):
        raise InvalidField(f"body.{name}", "not of the carrier's form")
    return value


def _maybe(form: Form, name: str, pattern: re.Pattern[str]) -> str:
    return _matching(form, name, pattern) if form.optional(name) else ""


def _keys(digits: str) -> str:
    if not _DIGITS.fullmatch(digits):
        raise InvalidField("digits", "not keys of a telephone")
    return digits


def _count(form: Form, name: str) -> int | None:
    return int(_matching(form, name, _COUNT)) if form.optional(name) else None


def _one_of(form: Form, name: str, known: tuple[str, ...]) -> str:
    value = form.required(name)
    if value not in known:
        raise InvalidField(f"body.{name}", f"must be one of {', '.join(known)}")
    return value


def id_of(name: str, value: str) -> UUID:
    """An id of ours that the carrier was given. Raises InvalidField naming where it stands."""
    try:
        return UUID(value)
    except ValueError:
        raise InvalidField(name, "not an id of ours") from None


def _recording_of(form: Form) -> str:
    """Its id: by itself, or at the end of its address."""
    if sid := _maybe(form, "RecordingSid", _RECORDING_SID):
        return sid
    found = _RECORDING_SID.search(form.optional("RecordingUrl") or "")
    return found.group() if found else ""


def _timestamp(form: Form) -> datetime | None:
    return _rfc2822(form, "Timestamp")


def _rfc2822(form: Form, name: str) -> datetime | None:
    value = form.optional(name)
    if not value:
        return None
    try:
        at = parsedate_to_datetime(value)
        # "-0000" is UTC without a word about the place (RFC 2822, 3.3)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidField(f"body.{name}", "not an RFC 2822 time") from None
