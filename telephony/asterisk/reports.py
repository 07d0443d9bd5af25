"""What Asterisk's events tell, as reports of a carrier: pure.

Source: docs.asterisk.org, REST data models (events, channels). Times are the exchange's own, with
milliseconds. Reports keep codes and times only.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from telephony.gateway import CallFound
from telephony.rules import CarrierEvent

CARRIER = "asterisk"
INBOUND, OUTBOUND = "inbound", "outbound-api"
SEQUENCE = {"initiated": 0, "ringing": 1, "in-progress": 2}
LAST = 3
UP = "Up"
BUSY = (17, 21)
NO_ANSWER = (18, 19, 20)
GIVEN_UP = (0, 16, 26, 32, 127)
"""Q.850 causes of a leg that was never answered: the phone is engaged or declines; it rang in vain
or is not registered; whoever called gave up. All others are failures."""
TAPE = "tape-"
"""Beginning of the name of a recorded conversation; our id of the leg follows."""
Event = Mapping[str, Any]
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Party:
    """The telephone at the other end of a channel. `leg_id`: ours; a caller's is told by us."""

    channel: str
    direction: str
    from_number: str
    to_number: str
    leg_id: UUID | None = None

    def named(self, leg_id: UUID) -> "Party":
        return replace(self, leg_id=leg_id)

    def written(self) -> str:
        """For a variable of the channel, so that the party is known again after a restart."""
        return json.dumps({
            "direction": self.direction,
            "from": self.from_number,
            "to": self.to_number,
            "leg": str(self.leg_id or ""),
        })  # fmt: skip


def party_of(channel: str, written: str) -> Party | None:
    """The party of such a variable; None for one that is none of ours."""
    try:
        said = json.loads(written)
        leg = UUID(said["leg"]) if said["leg"] else None
        return Party(channel, said["direction"], said["from"], said["to"], leg)
    except (ValueError, KeyError, TypeError):
        return None


def is_ours(channel: str) -> bool:
    """Whether we gave the channel its id."""
    return _ID.fullmatch(channel) is not None


def placed_party(channel: Event) -> Party | None:
    """The party of a leg that we placed and that was over at once: its channel has our id."""
    if not is_ours(channel["id"]):
        return None
    leg = UUID(channel["id"])
    ours = (channel.get("caller") or {}).get("number") or ""
    return Party(channel["id"], OUTBOUND, ours, "", leg)


def time_of(value: object) -> datetime | None:
    """A time as Asterisk writes it, such as 2026-11-23T03:46:45.133+0000."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else None


def voice(party: Party, event: Event, received_at: datetime) -> CarrierEvent:
    """Somebody calls."""
    return _report("voice", party, event, received_at, "voice", status="ringing", step="answer")


def status(party: Party, event: Event, received_at: datetime, state: str) -> CarrierEvent:
    """A leg came to another state: ringing, in-progress or one of `rules.TERMINAL`."""
    return _report(
        "status",
        party,
        event,
        received_at,
        f"status:{state}",
        status=state,
        sequence=SEQUENCE.get(state, LAST),
        params=_causes(event),
    )


def step(
    party: Party, name: str, turn: int, received_at: datetime, digits: str = "", **more: Any
) -> CarrierEvent:
    """A leg asks what is next. `turn`: how often it has asked; a repeated question has the same."""
    return _report(
        "step",
        party,
        {},
        received_at,
        f"step:{name}:{turn}",
        status="in-progress",
        step=name,
        digits=digits,
        params={"Digits": digits} if len(digits) == 1 else {},
        **more,
    )


def left_queue(
    party: Party, result: str, turn: int, received_at: datetime, seconds: int
) -> CarrierEvent:
    """The caller waits no more. `result`: leave, or redirected where we took the leg out."""
    return _report(
        "queue",
        party,
        {},
        received_at,
        f"queue:{result}:{turn}",
        status="in-progress",
        step="left" if result == "leave" else "queue",
        queue_result=result,
        queue_s=seconds,
        params={"QueueResult": result, "QueueTime": str(seconds)},
    )


def conference(
    name: str, party: Party | None, event: Event, received_at: datetime, what: str, reason: str = ""
) -> CarrierEvent:
    """Somebody came into a conference, left it or was held; `party` None: it is over."""
    about = party or Party("", "", "", "")
    stamp = str(event.get("timestamp") or received_at.isoformat())
    told = _report("conference", about, event, received_at, f"{name}:{what}:{stamp}")
    return replace(
        told,
        direction="",
        from_number="",
        to_number="",
        conference=name,
        event=what,
        reason=reason,
    )


def recording(party: Party, name: str, event: Event, received_at: datetime) -> CarrierEvent:
    """A recording of a leg began, is ready, or came to nothing."""
    what = {"RecordingStarted": "in-progress", "RecordingFinished": "completed"}
    happened = what.get(str(event.get("type")), "absent")
    told = _report("recording", party, event, received_at, f"{name}:{happened}")
    seconds = (event.get("recording") or {}).get("duration")
    return replace(
        told,
        direction="",
        from_number="",
        to_number="",
        event=happened,
        recording=name,
        recorded="conversation" if name.startswith(TAPE) else "message",
        recording_at=told.carrier_at if happened == "in-progress" else None,
        recording_s=seconds if isinstance(seconds, int) else None,
    )


def taped(event: Event) -> Party | None:
    """Whose conversation a RecordingStarted, …Finished or …Failed is about."""
    name = str((event.get("recording") or {}).get("name", ""))
    leg = name.removeprefix(TAPE)
    if leg == name or not is_ours(leg):
        return None
    return Party("", "", "", "", UUID(leg))


def end_state(cause: int, *, answered: bool) -> str:
    """How a leg has ended, from the exchange's cause (Q.850)."""
    if answered:
        return "completed"
    if cause in BUSY:
        return "busy"
    if cause in NO_ANSWER:
        return "no-answer"
    return "canceled" if cause in GIVEN_UP else "failed"


def over(event: Event) -> str:
    """The end state that a ChannelDestroyed tells."""
    return end_state(int(event.get("cause", 0)), answered=event["channel"].get("state") == UP)


def by_itself(event: Event) -> bool:
    """Whether a ChannelHangupRequest is the telephone's own, not one of ours."""
    return not event.get("soft", False)


def found(channel: Event, party: Party | None) -> CallFound:
    """A channel that is there."""
    state = {"Up": "in-progress", "Ringing": "ringing", "Ring": "ringing"}
    return CallFound(
        carrier_call=channel["id"],
        status=state.get(channel.get("state", ""), "initiated"),
        to_number=party.to_number if party else "",
        from_number=party.from_number if party else "",
        created_at=time_of(channel.get("creationtime")),
        ended_at=None,
    )


def found_over(channel: str, left_behind: str, zone: Any) -> CallFound | None:
    """A channel that is gone, from what the dialplan left behind: milliseconds, cause and state."""
    milliseconds, _, rest = left_behind.partition(":")
    cause, _, state = rest.partition(":")
    if not (milliseconds.isdecimal() and cause.isdecimal()):
        return None
    return CallFound(
        carrier_call=channel,
        status=end_state(int(cause), answered=state == UP),
        to_number="",
        from_number="",
        created_at=None,
        ended_at=datetime.fromtimestamp(int(milliseconds) / 1000, zone),
    )


def _report(
    kind: Any, party: Party, event: Event, received_at: datetime, key: str, **more: Any
) -> CarrierEvent:
    said: dict[str, Any] = {"status": "", **more}
    return CarrierEvent(
        kind=kind,
        carrier=CARRIER,
        carrier_call=party.channel,
        direction=party.direction,
        from_number=party.from_number,
        to_number=party.to_number,
        carrier_at=time_of(event.get("timestamp")),
        received_at=received_at,
        dedup_key=f"{party.channel}:{key}",
        leg_id=party.leg_id,
        **said,
    )


def _causes(event: Event) -> dict[str, str]:
    return {name: str(event[name]) for name in ("cause", "cause_txt") if name in event}
