"""Which parameters the carrier documents for each kind of request: always sent, sometimes sent.

Sources (twilio.com/docs): /voice/twiml, /voice/api/call-resource, /voice/twiml/enqueue,
/voice/twiml/queue, /voice/twiml/dial, /voice/twiml/gather, /voice/twiml/record,
/voice/twiml/conference, /voice/answering-machine-detection, /messaging/guides/webhook-request,
/messaging/guides/outbound-message-status-in-status-callbacks.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """Names that must be there, and names that may."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()

    def with_(self, required: str = "", optional: str = "") -> "Kind":
        """The same and more."""
        return Kind(self.required | set(required.split()), self.optional | set(optional.split()))


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


NOTHING = Kind(frozenset())
VOICE = NOTHING.with_(
    "CallSid AccountSid From To CallStatus ApiVersion Direction",
    "ForwardedFrom CallerName ParentCallSid CallToken FromCity FromState FromZip FromCountry "
    "ToCity ToState ToZip ToCountry StirVerstat AnsweredBy",
)
FALLBACK = VOICE.with_("ErrorCode ErrorUrl")
STATUS = VOICE.with_(
    "Timestamp CallbackSource SequenceNumber",
    "CallDuration Duration SipResponseCode RecordingUrl RecordingSid RecordingDuration",
)
QUEUE_ACTION = VOICE.with_("QueueResult", "QueueSid QueueTime")
QUEUE_WAIT = VOICE.with_(
    "QueuePosition QueueSid QueueTime AvgQueueTime CurrentQueueSize MaxQueueSize"
)
QUEUE_URL = VOICE.with_("QueueSid QueueTime DequeingCallSid")
DIAL_ACTION = VOICE.with_("DialCallStatus", "DialCallSid DialCallDuration DialBridged RecordingUrl")
GATHER_ACTION = VOICE.with_("", "Digits SpeechResult Confidence")
RECORD_ACTION = VOICE.with_("RecordingUrl RecordingDuration", "Digits RecordingSid")
RECORDING = NOTHING.with_(
    "AccountSid CallSid RecordingSid RecordingUrl RecordingStatus RecordingDuration "
    "RecordingChannels RecordingStartTime RecordingSource",
    "RecordingTrack ConferenceSid",
)
CONFERENCE = NOTHING.with_(
    "ConferenceSid FriendlyName AccountSid SequenceNumber Timestamp StatusCallbackEvent",
    "CallSid CallSidToCoach Muted Hold Coaching EndConferenceOnExit StartConferenceOnEnter "
    "ParticipantLabel ParticipantCallStatus ReasonParticipantLeft CallSidEndingConference "
    "ParticipantLabelEndingConference ReasonConferenceEnded Reason",
)
MESSAGE_STATUS = NOTHING.with_(
    "AccountSid MessageSid MessageStatus From To SmsSid SmsStatus",
    "ErrorCode MessagingServiceSid RawDlrDoneDate ApiVersion",
)
MESSAGE_IN = NOTHING.with_(
    "MessageSid SmsSid SmsMessageSid AccountSid From To Body NumMedia NumSegments",
    "SmsStatus ApiVersion MessagingServiceSid FromCity FromState FromZip FromCountry ToCity "
    "ToState ToZip ToCountry",
)

LEAVE = ("ParticipantCallStatus", "ReasonParticipantLeft")
PARTICIPANT = ("CallSid", "Muted", "Hold", "EndConferenceOnExit", "StartConferenceOnEnter")
VALUES: dict[str, frozenset[str]] = {
    "CallStatus": words(
        "queued initiated ringing in-progress completed busy failed no-answer canceled"
    ),
    "Direction": words("inbound outbound-api outbound-dial"),
    "CallbackSource": words("call-progress-events"),
    "QueueResult": words(
        "bridged bridging-in-process error hangup leave redirected redirected-from-bridged "
        "queue-full system-error"
    ),
    "DialCallStatus": words("completed answered busy no-answer failed canceled"),
    "RecordingStatus": words("in-progress completed absent"),
    "StatusCallbackEvent": words(
        "conference-end conference-start participant-leave participant-join participant-mute "
        "participant-unmute participant-hold participant-unhold participant-modify "
        "participant-speech-start participant-speech-stop announcement-end "
        "announcement-fail"
    ),
    "ReasonParticipantLeft": words(
        "conference_ended_via_api moderator_ended_conference participant_updated_via_api "
        "participant_hung_up participant_add_failed"
    ),
    "MessageStatus": words("queued sending sent failed delivered undelivered"),
}
