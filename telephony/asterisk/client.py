"""Asterisk as a gateway: what Paidan asks of a carrier, over ARI.

Placing, ending and looking up go to the exchange itself. What changes what a leg hears is written
to a variable of its channel, and `paidan asterisk`, which plays scripts, is told by an event.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from core.ids import new_id
from core.settings import Settings
from telephony.asterisk import ari, reports
from telephony.asterisk.ari import Ari, path
from telephony.asterisk.reports import CARRIER, OUTBOUND, Party
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
    Unreached,
)
from telephony.script import Mode, Script
from telephony.script_json import to_json

NOT_OFFERED = "not_offered"
_NUMBER = re.compile(r"\+?[0-9]{2,20}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
AGAIN_S = 0.2
LIVE = {"pause": "POST", "resume": "DELETE"}


class AsteriskGateway:
    """One exchange. The carrier's id of a leg that we place is our own: a repeated call is one."""

    name = CARRIER

    def __init__(self, link: Ari, own: Settings) -> None:
        self._ari = link
        self._trunk, self._phone = own.asterisk_trunk, own.asterisk_phone
        self.can = Capabilities(
            idempotent_dial=True, hangup_party=True, calls_per_second=own.calls_per_second
        )

    def place_call(self, call: NewCall) -> str:
        """Begin to dial; the carrier's id of the leg. Harmless where that was done before."""
        channel = str(call.leg_id)
        if self._end_of(channel) is not None:
            return channel
        party = Party(channel, OUTBOUND, call.from_number, call.to_number, call.leg_id)
        wish = {
            "endpoint": self.endpoint(call.to_number),
            "app": ari.APP,
            "appArgs": "placed",
            "callerId": call.from_number,
            "timeout": call.ring_s,
            "variables": {
                ari.PARTY: party.written(),
                "CHANNEL(hangup_handler_push)": "paidan-ended,s,1",
            },
        }
        self._ari.ask("POST", path("channels", channel), wish, but=(ari.CONFLICT,))
        return channel

    def redirect(self, carrier_call: str, script: Script, leg_id: UUID) -> None:
        """Let a leg that is in progress go on with this.

        The wish is kept at the channel too, for a player of scripts that is away just now.
        """
        wish = {"id": str(new_id()), "script": to_json(script)}
        self._ari.ask(
            "POST",
            path("channels", carrier_call, "variable"),
            {"variable": ari.WISH, "value": json.dumps(wish)},
        )
        self._tell(carrier_call, "redirect", wish)

    def hang_up(self, carrier_call: str) -> None:
        """End a leg, also one that rings still. One that is over already is no error."""
        self._ari.ask("DELETE", path("channels", carrier_call), but=(ari.NOT_FOUND,))

    def take_from_queue(self, carrier_call: str, queue: str, script: Script, leg_id: UUID) -> None:
        """Let this waiting leg go on with this."""
        self.redirect(carrier_call, script, leg_id)

    def hold(self, conference: str, carrier_call: str, *, on: bool) -> None:
        """Let a participant hear music, or take part again."""
        self._tell(carrier_call, "hold", {"on": on})

    def mode(self, conference: str, carrier_call: str, mode: Mode, coach: str | None) -> None:
        """Change how a supervisor takes part."""
        self._tell(carrier_call, "mode", {"mode": mode, "coach": coach})

    def remove(self, conference: str, carrier_call: str) -> None:
        """Take a participant out of the conference and hang it up; none there is no error."""
        self.hang_up(carrier_call)

    def record(self, tape: Tape, act: RecordAct) -> str:
        """Begin, pause, resume or end a recording; of a beginning the carrier's id of it.

        A channel beside the customer's hears both sides, in the conference and on hold.
        """
        name = reports.TAPE + str(tape.leg_id)
        live = path("recordings", "live", name)
        if act == "start":
            self._begin(tape.carrier_call, name)
            return name
        if act == "stop":
            self._ari.ask("POST", f"{live}/stop", but=(ari.NOT_FOUND,))
            self.hang_up(name)
        else:
            self._when_ready(LIVE[act], f"{live}/pause")
        return ""

    def _begin(self, channel: str, name: str) -> None:
        """A channel that listens, and its recording, unless they are there."""
        if self._ari.ask("GET", path("channels", name), but=(ari.NOT_FOUND,)) is None:
            wish = {"app": ari.APP, "appArgs": "tape", "spy": "both"}
            self._ari.ask("POST", path("channels", channel, "snoop", name), wish)
        if self._ari.ask("GET", path("recordings", "live", name), but=(ari.NOT_FOUND,)) is None:
            tape = {"name": name, "format": "wav", "ifExists": "append"}
            self._when_ready("POST", path("channels", name, "record"), tape)

    def _when_ready(self, method: str, where: str, wish: Any = None) -> None:
        """Raises Busy while what it is about is only just beginning."""
        try:
            self._ari.ask(method, where, wish)
        except Refused as refused:
            if refused.code == str(ari.CONFLICT):
                raise Busy("not_ready", AGAIN_S) from None
            raise

    def recording(self, recording: str) -> RecordingFound | None:
        """A recording by its id; None where the exchange has no such recording."""
        for state, event in (("live", "in-progress"), ("stored", "completed")):
            where = path("recordings", state, recording)
            found = self._ari.ask("GET", where, but=(ari.NOT_FOUND,))
            if found is not None:
                return RecordingFound(event, found.get("duration"))
        return None

    def delete_recording(self, recording: str) -> None:
        """Erase a recording at the exchange. One that is gone already is no error."""
        self._ari.ask("DELETE", path("recordings", "stored", recording), but=(ari.NOT_FOUND,))

    def call(self, carrier_call: str) -> CallFound | None:
        """A call by its id, also one that is over; None where the exchange has no such call."""
        channel = self._ari.ask("GET", path("channels", carrier_call), but=(ari.NOT_FOUND,))
        if channel is None:
            return self._end_of(carrier_call)
        return reports.found(channel, self._party(carrier_call))

    def calls(self, to_number: str, since: datetime) -> list[CallFound]:
        """Calls to a number that are under way and were created at or after `since`."""
        found = [
            reports.found(one, self._party(one["id"]))
            for one in self._ari.ask("GET", path("channels"))
        ]
        return [
            one
            for one in found
            if one.to_number == to_number and one.created_at is not None and one.created_at >= since
        ]

    def send_message(self, message: NewMessage) -> str:
        """An exchange has no short messages. Raises Refused."""
        raise Refused(NOT_OFFERED)

    def message(self, carrier_message: str) -> MessageFound | None:
        """None: an exchange has no short messages."""
        return None

    def messages(self, to_number: str, since: datetime) -> list[MessageFound]:
        """None: an exchange has no short messages."""
        return []

    def close(self) -> None:
        """End all connections."""
        self._ari.close()

    def endpoint(self, number: str) -> str:
        """What is dialled: a number by the trunk, `client:` and `sip:` as a phone of the exchange.

        Raises Refused for what is neither.
        """
        scheme, _, rest = number.rpartition(":")
        name = rest.partition("@")[0]
        if scheme in ("client", "sip") and _NAME.fullmatch(name):
            return self._phone.format(name=name)
        if not scheme and _NUMBER.fullmatch(number):
            return self._trunk.format(number=number)
        raise Refused("no_such_address")

    def _tell(self, channel: str, what: str, said: dict[str, Any]) -> None:
        """Ring for whoever plays the scripts. Raises Unreached where nobody does just now."""
        source = {"application": ari.APP, "source": f"channel:{channel}"}
        try:
            wish = {"variables": {"wish": json.dumps(said)}}
            self._ari.ask("POST", path("events", "user", what), wish, query=source)
        except Refused as refused:
            if refused.code == str(ari.NOT_FOUND):
                raise Unreached("no_application") from None
            raise

    def _party(self, channel: str) -> Party | None:
        where = path("channels", channel, "variable")
        said = self._ari.ask("GET", where, but=(ari.NOT_FOUND,), query={"variable": ari.PARTY})
        return reports.party_of(channel, said["value"]) if said else None

    def _end_of(self, channel: str) -> CallFound | None:
        where = path("asterisk", "variable")
        said = self._ari.ask(
            "GET", where, but=(ari.NOT_FOUND,), query={"variable": ari.END + channel}
        )
        return reports.found_over(channel, said["value"], UTC) if said else None


def gateway_of(own: Settings) -> AsteriskGateway | None:
    """The gateway that the settings describe; None where no exchange is named."""
    if not own.asterisk_url:
        return None
    return AsteriskGateway(Ari(own.asterisk_url, ari.credentials(own)), own)
