"""What the log keeps of Twilio's webhooks: codes, times and counts, never numbers or names."""

import re

from core.errors import InvalidField
from telephony.twilio.webhooks import Form

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
    "AnsweredBy",
    "ErrorCode",
    "QueueResult",
    "QueueSid",
    "QueueTime",
    "QueuePosition",
    "AvgQueueTime",
    "CurrentQueueSize",
    "ConferenceSid",
    "FriendlyName",
    "StatusCallbackEvent",
    "ParticipantLabel",
    "ParticipantCallStatus",
    "ReasonParticipantLeft",
    "ReasonConferenceEnded",
    "CallSidEndingConference",
    "Muted",
    "Hold",
    "Coaching",
    "StartConferenceOnEnter",
    "EndConferenceOnExit",
    "RecordingSid",
    "RecordingStatus",
    "RecordingDuration",
    "RecordingStartTime",
    "RecordingSource",
)
_TIMES = ("Timestamp", "RecordingStartTime")
_CODE = re.compile(r"[A-Za-z0-9_.:/+ -]{0,80}")
_TIME = re.compile(r"[A-Za-z0-9,:+ -]{0,80}")
_KEY = re.compile(r"[0-9*#]")


def kept(form: Form) -> dict[str, str]:
    """The parameters to keep. Raises InvalidField for one that is not of the carrier's form.

    Of the keys that were pressed a single one, a choice in a menu: longer input may be personal.
    """
    values: dict[str, str] = {}
    for name in KEPT:
        value = form.optional(name)
        if value is None:
            continue
        if not (_TIME if name in _TIMES else _CODE).fullmatch(value):
            raise InvalidField(f"body.{name}", "not of the carrier's form")
        values[name] = value
    digits = form.optional("Digits")
    if digits and _KEY.fullmatch(digits):
        values["Digits"] = digits
    return values
