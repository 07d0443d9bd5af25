"""Twilio as a gateway: what Paidan asks of a carrier, in the words of its REST interface.

Sources: twilio.com/docs/voice/api (calls, queues, conferences, recordings), /docs/messaging/api.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from core.settings import Settings
from telephony.gateway import (
    Busy,
    CallFound,
    Capabilities,
    MessageFound,
    NewCall,
    NewMessage,
    RecordAct,
    RecordingFound,
    Refused,
    Tape,
    Unsure,
)
from telephony.script import Mode, Script
from telephony.twilio import addresses, twiml
from telephony.twilio.http import AGAIN_S, API, HttpClient
from telephony.twilio.webhooks import CARRIER

STATUS_EVENTS = ["initiated", "ringing", "answered", "completed"]
LISTED = 100
"""Calls or messages to one number that a look-up reads, the newest first."""
CURRENT = "Twilio.CURRENT"
NOT_FOUND = 404
NOT_IN_PROGRESS = 21220
TOO_MANY_REQUESTS = 20429
RECORDING = {"resume": "in-progress", "pause": "paused", "stop": "stopped"}
RUNNING = ("in-progress", "paused")
RECORDING_EVENTS = ["in-progress", "completed", "absent"]


class TwilioGateway:
    """One account. Safe for several threads; each request takes at most the two timeouts."""

    name = CARRIER

    def __init__(self, client: Client, can: Capabilities) -> None:
        self._client = client
        self.can = can
        self._queue_sid = lru_cache(maxsize=64)(self._find_queue)

    def place_call(self, call: NewCall) -> str:
        """Begin to dial; the carrier's id of the leg."""
        more = {"machine_detection": "Enable"} if call.detect_machine else {}
        with _refusals():
            made = self._client.calls.create(
                to=call.to_number,
                from_=call.from_number,
                url=addresses.step(call.leg_id, "answer"),
                method="POST",
                fallback_url=addresses.fallback(),
                fallback_method="POST",
                status_callback=addresses.status(call.leg_id),
                status_callback_method="POST",
                status_callback_event=STATUS_EVENTS,
                timeout=call.ring_s,
                **more,
            )
        return _id_of(made)

    def redirect(self, carrier_call: str, script: Script, leg_id: UUID) -> None:
        """Let a leg that is in progress go on with this."""
        with _refusals():
            self._client.calls(carrier_call).update(twiml=twiml.render(script, twiml.Turn(leg_id)))

    def hang_up(self, carrier_call: str) -> None:
        """End a leg, also one that rings still. One that is over already is no error."""
        with _refusals(but=(NOT_IN_PROGRESS, NOT_FOUND)):
            self._client.calls(carrier_call).update(status="completed")

    def take_from_queue(self, carrier_call: str, queue: str, script: Script, leg_id: UUID) -> None:
        """Let this waiting leg, wherever it stands in the queue, go on with this."""
        document = addresses.script(leg_id, twiml.encoded(script))
        try:
            with _refusals():
                members = self._client.queues(self._queue_sid(queue)).members
                members(carrier_call).update(url=document, method="POST")
        except Refused:
            self._queue_sid.cache_clear()  # it may have been made anew meanwhile
            raise

    def hold(self, conference: str, carrier_call: str, *, on: bool) -> None:
        """Let a participant hear music, or take part again."""
        with _refusals():
            self._participant(conference, carrier_call).update(hold=on)

    def mode(self, conference: str, carrier_call: str, mode: Mode, coach: str | None) -> None:
        """Change how a supervisor takes part."""
        wish: dict[str, Any] = {"muted": mode == "listen", "coaching": mode == "whisper"}
        if mode == "whisper":
            wish["call_sid_to_coach"] = coach
        with _refusals():
            self._participant(conference, carrier_call).update(**wish)

    def remove(self, conference: str, carrier_call: str) -> None:
        """Take a participant out of the conference and hang it up; none there is no error."""
        with _refusals(but=(NOT_FOUND,)):
            self._participant(conference, carrier_call).delete()

    def record(self, tape: Tape, act: RecordAct) -> str:
        """Begin, pause, resume or end a recording; of a beginning the carrier's id of it.

        The carrier would begin a second one beside the first, so it is asked what runs before.
        """
        tapes = self._client.calls(tape.carrier_call).recordings
        with _refusals():
            if act != "start":
                more = {"pause_behavior": "skip"} if act == "pause" else {}
                tapes(tape.recording or CURRENT).update(status=RECORDING[act], **more)
                return ""
            for one in tapes.list(limit=LISTED):
                if _word(one.status) in RUNNING:
                    return str(one.sid)
            made = tapes.create(
                recording_channels="dual",
                recording_status_callback=addresses.recording(
                    leg_id=tape.leg_id, kind="conversation"
                ),
                recording_status_callback_method="POST",
                recording_status_callback_event=RECORDING_EVENTS,
            )
        return _id_of(made)

    def recording(self, recording: str) -> RecordingFound | None:
        """A recording by its id; None where the carrier has no such recording."""
        found = _known(self._client.recordings(recording))
        if found is None:
            return None
        word = _word(found.status)
        seconds = int(found.duration) if found.duration not in (None, "", "-1") else None
        event = "in-progress" if word in (*RUNNING, "processing", "stopped") else word
        return RecordingFound(event, seconds, _utc(found.start_time))

    def delete_recording(self, recording: str) -> None:
        """Erase a recording at the carrier. One that is gone already is no error."""
        with _refusals(but=(NOT_FOUND,)):
            self._client.recordings(recording).delete()

    def call(self, carrier_call: str) -> CallFound | None:
        """A call by its id; None where the carrier has no such call."""
        found = _known(self._client.calls(carrier_call))
        return _call(found) if found is not None else None

    def calls(self, to_number: str, since: datetime) -> list[CallFound]:
        """Calls to a number that were created at or after `since`, in whole seconds."""
        with _refusals():
            found = [_call(one) for one in self._client.calls.list(to=to_number, limit=LISTED)]
        return [one for one in found if _recent(one.created_at, since)]

    def send_message(self, message: NewMessage) -> str:
        """Send a short message; the carrier's id."""
        with _refusals():
            made = self._client.messages.create(
                to=message.to_number,
                from_=message.from_number,
                body=message.text,
                status_callback=addresses.message(message.message_id),
            )
        return _id_of(made)

    def message(self, carrier_message: str) -> MessageFound | None:
        """A message by its id."""
        found = _known(self._client.messages(carrier_message))
        return _message(found) if found is not None else None

    def messages(self, to_number: str, since: datetime) -> list[MessageFound]:
        """Messages to a number that were created at or after `since`."""
        with _refusals():
            listed = self._client.messages.list(to=to_number, limit=LISTED)
            found = [_message(one) for one in listed]
        return [one for one in found if _recent(one.created_at, since)]

    def _participant(self, conference: str, carrier_call: str) -> Any:
        room = self._client.conferences(self._conference_sid(conference))
        return room.participants(carrier_call)

    def _find_queue(self, queue: str) -> str:
        for one in self._client.queues.stream():
            if one.friendly_name == queue:
                return str(one.sid)
        raise Refused("no_such_queue")

    def _conference_sid(self, conference: str) -> str:
        for one in self._client.conferences.list(friendly_name=conference, limit=LISTED):
            if getattr(one.status, "value", one.status) != "completed":
                return str(one.sid)
        raise Refused("no_such_conference")


def gateway_of(own: Settings) -> TwilioGateway | None:
    """The gateway that the settings describe; None where account or token is missing."""
    token = own.twilio_auth_token.get_secret_value() if own.twilio_auth_token else ""
    if not token or not own.twilio_account_sid:
        return None
    http = HttpClient(own.twilio_api_url or API)
    client = Client(own.twilio_account_sid, token, http_client=http, environment={})
    can = Capabilities(
        two_way_sms=True,
        free_text_sms=True,
        calls_per_second=own.calls_per_second,
        messages_per_second=own.messages_per_second,
    )
    return TwilioGateway(client, can)


@contextmanager
def _refusals(but: tuple[int, ...] = ()) -> Iterator[None]:
    """What the carrier answers with an error is Refused, `but` these statuses and codes."""
    try:
        yield
    except TwilioRestException as error:
        code = error.code or error.status
        if code in but or error.status in but:
            return
        if code == TOO_MANY_REQUESTS:
            raise Busy(str(code), AGAIN_S) from None
        raise Refused(str(code)) from None


def _id_of(made: Any) -> str:
    if not made.sid:
        raise Unsure("no_id")
    return str(made.sid)


def _known(context: Any) -> Any:
    """What the carrier has under this id; None where it has nothing."""
    with _refusals():
        try:
            return context.fetch()
        except TwilioRestException as error:
            if error.status != NOT_FOUND:
                raise
    return None


def _word(status: Any) -> str:
    return str(getattr(status, "value", status))


def _recent(created_at: datetime | None, since: datetime) -> bool:
    return created_at is None or created_at >= since - timedelta(seconds=1)


def _call(found: Any) -> CallFound:
    return CallFound(
        carrier_call=str(found.sid),
        status=str(getattr(found.status, "value", found.status)),
        to_number=str(found.to),
        from_number=str(getattr(found, "_from", "") or ""),
        created_at=_utc(found.date_created),
        ended_at=_utc(found.end_time),
    )


def _message(found: Any) -> MessageFound:
    return MessageFound(
        carrier_message=str(found.sid),
        status=str(getattr(found.status, "value", found.status)),
        to_number=str(found.to),
        text=str(found.body or ""),
        created_at=_utc(found.date_created),
        error_code=str(found.error_code) if found.error_code else None,
    )


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at is not None else None
