"""Callers by the short cut: signed webhooks as Twilio sends them, in business time, without menu
and without an agent's telephone. For a business that runs too fast for telephones, and beside a
carrier of one's own.
"""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from twilio.request_validator import RequestValidator

from api.demo.account import ACCOUNT
from api.demo.door import Door, Refusal

BASE = "/telephony/twilio/"


@dataclass(frozen=True, slots=True)
class Carrier:
    """Signs with `token` what it sends; `public_url` is the address that the signature covers."""

    door: Door
    token: str
    public_url: str
    account: str = ACCOUNT

    async def send(self, kind: str, params: dict[str, str]) -> None:
        """One webhook. Raises Refusal, or Unreachable when it is never taken."""
        form = {"AccountSid": self.account, "ApiVersion": "2010-04-01", **params}
        signature = RequestValidator(self.token).compute_signature(
            self.public_url + BASE + kind, form
        )
        answer = await self.door.send(
            "POST", BASE + kind, data=form, headers={"X-Twilio-Signature": signature}
        )
        if not answer.is_success:
            self.door.tally.refused[f"carrier_{answer.status_code}"] += 1
            raise Refusal(answer.status_code, f"carrier_{kind}", answer.text[:200])
        self.door.tally.acts[f"webhook_{kind}"] += 1


@dataclass(frozen=True, slots=True)
class Line:
    """One call on the carrier's line; every method is the webhook of that moment."""

    carrier: Carrier
    sid: str
    from_number: str
    to_number: str

    async def rings(self, at: datetime) -> None:
        await self.carrier.send("voice", self._params("ringing"))
        await self._status("ringing", 1, at)

    async def answered(self, at: datetime) -> None:
        """The hotline's greeting has taken the call; the caller waits in the queue."""
        await self._status("in-progress", 2, at)

    async def left_queue(self, result: str, waited_s: float) -> None:
        """`bridged` to an agent, or `hangup` by the caller."""
        more = {"QueueResult": result, "QueueSid": "QU" + "0d" * 16}
        await self.carrier.send(
            "queue", {**self._params("in-progress"), **more, "QueueTime": str(round(waited_s))}
        )

    async def over(self, at: datetime, talked_s: float) -> None:
        """Point A."""
        await self._status("completed", 3, at, CallDuration=str(round(talked_s)))

    async def _status(self, status: str, number: int, at: datetime, **more: str) -> None:
        params = {
            **self._params(status),
            "Timestamp": format_datetime(at),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(number),
            **more,
        }
        await self.carrier.send("status", params)

    def _params(self, status: str) -> dict[str, str]:
        return {
            "CallSid": self.sid,
            "CallStatus": status,
            "Direction": "inbound",
            "From": self.from_number,
            "To": self.to_number,
        }
