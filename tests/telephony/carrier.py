"""A carrier of our own: builds, signs and orders webhooks of the real shape.

It imports nothing of the product and signs with its own code, so that each side checks the
other. Parameter names are those that the carrier documents.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlencode

TOKEN = "0123456789abcdef0123456789abcdef"
ACCOUNT = "AC" + "a1" * 16
HOTLINE = "+861095598"
CALLER = "+8613800138000"
SIGNATURE = "X-Twilio-Signature"


@dataclass(frozen=True)
class Webhook:
    """One request of the carrier: its path (with query) and its parameters in order."""

    path: str
    params: tuple[tuple[str, str], ...]

    def without(self, name: str) -> "Webhook":
        return replace(self, params=tuple(pair for pair in self.params if pair[0] != name))

    def with_(self, **changed: str) -> "Webhook":
        """Parameters set to other values; new ones go to the end."""
        values = dict(self.params) | changed
        return replace(self, params=tuple(values.items()))

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.params}

    @property
    def body(self) -> bytes:
        return urlencode(self.params).encode()

    def headers(self, base_url: str, token: str = TOKEN) -> dict[str, str]:
        """Content type and signature, as if the carrier called `base_url` + path."""
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            SIGNATURE: sign(base_url + self.path, self.params, token),
        }


def sign(url: str, params: Sequence[tuple[str, str]], token: str) -> str:
    """Base64 of HMAC-SHA1 over the address and the sorted names and values."""
    text = url + "".join(name + value for name, value in sorted(params))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


@dataclass(frozen=True)
class InboundCall:
    """A caller's call. Each method is the webhook that the carrier sends at that moment."""

    number: int
    began: datetime
    ring_s: int = 2
    talk_s: int = 61
    from_number: str = CALLER
    to_number: str = HOTLINE
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def sid(self) -> str:
        return f"CA{self.number:032x}"

    @property
    def answered_at(self) -> datetime:
        return self.began + timedelta(seconds=self.ring_s)

    @property
    def ended_at(self) -> datetime:
        """What the carrier's last Timestamp says: whole seconds."""
        return self.answered_at + timedelta(seconds=self.talk_s)

    def _base(self, status: str) -> dict[str, str]:
        return {
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            "CallSid": self.sid,
            "CallStatus": status,
            "Direction": "inbound",
            "From": self.from_number,
            "FromCity": "",
            "FromCountry": "CN",
            "To": self.to_number,
            **self.extra,
        }

    def voice(self) -> Webhook:
        return Webhook("/telephony/twilio/voice", tuple(self._base("ringing").items()))

    def status(self, status: str, sequence: int, at: datetime, **more: str) -> Webhook:
        params = self._base(status) | {
            "Timestamp": format_datetime(at),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(sequence),
            **more,
        }
        return Webhook("/telephony/twilio/status", tuple(params.items()))

    def initiated(self) -> Webhook:
        return self.status("queued", 0, self.began)

    def ringing(self) -> Webhook:
        return self.status("ringing", 1, self.began)

    def answered(self) -> Webhook:
        return self.status("in-progress", 2, self.answered_at)

    def completed(self) -> Webhook:
        seconds = str(self.talk_s)
        return self.status("completed", 3, self.ended_at, CallDuration=seconds, Duration="2")

    def unanswered(self, status: str) -> Webhook:
        """busy, failed, no-answer or canceled."""
        return self.status(status, 2, self.answered_at, CallDuration="0")

    def waits(self) -> Webhook:
        """In a queue, to which it came without a leg of a known name."""
        params = self._base("in-progress") | {"QueueSid": "QU" + "0f" * 16, "QueueTime": "3"}
        return Webhook("/telephony/twilio/wait", tuple(params.items()))

    def left_queue(self, result: str = "bridged", status: str = "in-progress") -> Webhook:
        params = self._base(status) | {
            "QueueResult": result,
            "QueueSid": "QU" + "0f" * 16,
            "QueueTime": "7",
        }
        return Webhook("/telephony/twilio/queue", tuple(params.items()))

    def whole(self) -> list[Webhook]:
        """Every webhook of an answered call, in true order."""
        return [
            self.initiated(),
            self.voice(),
            self.ringing(),
            self.answered(),
            self.left_queue(),
            self.completed(),
        ]
