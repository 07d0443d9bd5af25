"""Resources as the carrier writes them in JSON."""

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from telephony.simulator.line import API_VERSION
from telephony.simulator.model import (
    Call,
    Conference,
    Hook,
    Member,
    Message,
    Number,
    Participant,
    Queue,
    Recording,
)
from telephony.simulator.texting import segments

Json = dict[str, Any]


def moment(at: datetime | None) -> str | None:
    """RFC 2822, whole seconds."""
    return format_datetime(at.replace(microsecond=0)) if at else None


class Views:
    """`base` is the path of the account; it is part of every `uri`."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.base = f"/{API_VERSION}/Accounts/{account}"

    def _common(self, made: datetime, changed: datetime, uri: str) -> Json:
        return {
            "account_sid": self.account,
            "api_version": API_VERSION,
            "date_created": moment(made),
            "date_updated": moment(changed),
            "uri": f"{self.base}/{uri}.json",
        }

    def _inside(self, uri: str, *names: str) -> dict[str, str]:
        return {name: f"{self.base}/{uri}/{name.title().replace('_', '')}.json" for name in names}

    def call(self, call: Call) -> Json:
        """A Call resource."""
        uri = f"Calls/{call.sid}"
        common = self._common(call.created_at, call.updated_at, uri)
        inside = ("notifications", "recordings", "payments", "events", "streams", "transcriptions")
        return common | {
            "sid": call.sid,
            "parent_call_sid": call.parent,
            "to": call.to,
            "to_formatted": call.to,
            "from": call.from_,
            "from_formatted": call.from_,
            "phone_number_sid": call.number_sid,
            "status": call.status,
            "start_time": moment(call.started_at),
            "end_time": moment(call.ended_at),
            "duration": str(call.duration) if call.over else None,
            "price": None,
            "price_unit": "USD",
            "direction": call.direction,
            "answered_by": call.answered_by,
            "forwarded_from": None,
            "group_sid": None,
            "caller_name": None,
            "queue_time": "0",
            "trunk_sid": None,
            "annotation": None,
            "subresource_uris": self._inside(uri, *inside),
        }

    def queue(self, queue: Queue) -> Json:
        """A Queue resource."""
        uri = f"Queues/{queue.sid}"
        common = self._common(queue.created_at, queue.updated_at, uri)
        common.pop("api_version")
        return common | {
            "sid": queue.sid,
            "friendly_name": queue.name,
            "current_size": len(queue.members),
            "max_size": queue.max_size,
            "average_wait_time": queue.average_wait,
            "subresource_uris": self._inside(uri, "members"),
        }

    def member(self, queue: Queue, member: Member, now: datetime) -> Json:
        """A Member of a queue."""
        return {
            "call_sid": member.call_sid,
            "queue_sid": queue.sid,
            "date_enqueued": moment(member.enqueued_at),
            "position": queue.position(member.call_sid) or 1,
            "wait_time": round((now - member.enqueued_at).total_seconds()),
            "uri": f"{self.base}/Queues/{queue.sid}/Members/{member.call_sid}.json",
        }

    def conference(self, conference: Conference) -> Json:
        """A Conference resource."""
        uri = f"Conferences/{conference.sid}"
        because = conference.ended_because
        return self._common(conference.created_at, conference.updated_at, uri) | {
            "sid": conference.sid,
            "friendly_name": conference.name,
            "region": "us1",
            "status": conference.status,
            **({"reason_conference_ended": because} if because else {}),
            "call_sid_ending_conference": conference.ended_by,
            "subresource_uris": self._inside(uri, "participants", "recordings"),
        }

    def participant(self, conference: Conference, participant: Participant) -> Json:
        """A Participant of a conference."""
        uri = f"Conferences/{conference.sid}/Participants/{participant.call_sid}"
        common = self._common(participant.joined_at, participant.updated_at, uri)
        common.pop("api_version")
        return common | {
            "call_sid": participant.call_sid,
            "conference_sid": conference.sid,
            "label": participant.label,
            "muted": participant.muted,
            "hold": participant.hold,
            "coaching": participant.coaching,
            "call_sid_to_coach": participant.coached,
            "start_conference_on_enter": participant.starts,
            "end_conference_on_exit": participant.ends,
            "status": "connected",
            "queue_time": "0",
        }

    def recording(self, recording: Recording, *, plain: bool = False) -> Json:
        """A Recording; `plain`: as the list of all recordings shows it."""
        uri = f"Recordings/{recording.sid}"
        shown = self._common(recording.started_at, recording.updated_at, uri) | {
            "sid": recording.sid,
            "call_sid": recording.call_sid,
            "conference_sid": recording.conference_sid,
            "start_time": moment(recording.started_at),
            "duration": None if recording.duration is None else str(recording.duration),
            "status": recording.status,
            "channels": recording.channels,
            "source": recording.source,
            "price": None,
            "price_unit": "USD",
            "error_code": None,
            "encryption_details": None,
        }
        if plain:
            shown["subresource_uris"] = {}
            shown["media_url"] = f"https://api.twilio.com{self.base}/{uri}"
        elif recording.conference_sid is None:
            shown["track"] = "both"
        return shown

    def message(self, message: Message) -> Json:
        """A Message resource."""
        uri = f"Messages/{message.sid}"
        return self._common(message.created_at, message.updated_at, uri) | {
            "sid": message.sid,
            "body": message.body,
            "from": message.from_,
            "to": message.to,
            "status": message.status,
            "direction": message.direction,
            "num_segments": str(segments(message.body)),
            "num_media": "0",
            "date_sent": moment(message.sent_at),
            "error_code": message.error_code,
            "error_message": None,
            "messaging_service_sid": None,
            "price": None,
            "price_unit": "USD",
            "subresource_uris": self._inside(uri, "media", "feedback"),
        }

    def number(self, number: Number) -> Json:
        """An IncomingPhoneNumber resource."""
        uri = f"IncomingPhoneNumbers/{number.sid}"
        capable = {"voice": True, "sms": True, "mms": False, "fax": False}
        return self._common(number.created_at, number.updated_at, uri) | {
            "sid": number.sid,
            "phone_number": number.phone_number,
            "friendly_name": number.name or number.phone_number,
            "capabilities": capable,
            "beta": False,
            "origin": "twilio",
            "address_requirements": "none",
            "address_sid": None,
            "identity_sid": None,
            "bundle_sid": None,
            "trunk_sid": None,
            "status": "in-use",
            "type": None,
            "emergency_status": "Inactive",
            "emergency_address_sid": None,
            "emergency_address_status": "unregistered",
            "voice_receive_mode": "voice",
            "voice_caller_id_lookup": False,
            "voice_application_sid": None,
            "sms_application_sid": None,
            **_hook("voice", "url", number.voice),
            **_hook("voice_fallback", "url", number.voice_fallback),
            **_hook("sms", "url", number.sms),
            **_hook("sms_fallback", "url", number.sms_fallback),
            "status_callback": number.callback.url if number.callback else "",
            "status_callback_method": number.callback.method if number.callback else "POST",
            "subresource_uris": self._inside(uri, "assigned_add_ons"),
        }


def _hook(prefix: str, word: str, hook: Hook | None) -> Json:
    return {
        f"{prefix}_{word}": hook.url if hook else "",
        f"{prefix}_method": hook.method if hook else "POST",
    }
