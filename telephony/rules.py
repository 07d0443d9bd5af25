"""The life of a call: pure decisions on what the carrier reports, and the fold of the facts.

Reports may come late, twice and in any order. A call only moves forward, opened → ringing →
in-progress → ended, and ends once; a report that would move it back is no news.

Point A is the moment of the first report of the end that arrives (`CallEnded.occurred_at`). Facts
are appended: a later report never moves it, even with an earlier time of the carrier. What happens
in between, and what became of the call, is told by `telephony.story`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID, uuid5

from core.events import (
    CallBridged,
    CallConcluded,
    CallEnded,
    CallGreeted,
    CallHeld,
    CallLeftQueue,
    CallOffered,
    CallOpened,
    CallProgressed,
    CallQueued,
    CallResumed,
    CallTaken,
    Payload,
)

Kind = Literal["voice", "status", "queue", "step", "conference", "recording", "lookup"]
"""`voice`: somebody calls. `status`: a leg came to another state. `queue`: the caller left the
queue. `step`: a leg asks what is next (its keys, if any). `conference`, `recording`: of a call.
`lookup`: what the carrier says of a call of which nothing was heard, when it is asked.
"""

STATES = ("opened", "ringing", "in-progress", "ended")
TERMINAL = ("completed", "busy", "no-answer", "canceled", "failed")
PROGRESS = {
    "queued": "opened",
    "initiated": "opened",
    "ringing": "ringing",
    "in-progress": "in-progress",
}
STATUSES = (*PROGRESS, *TERMINAL)
STAGE_OF: Mapping[type[Payload], str] = {
    CallGreeted: "menu",
    CallOffered: "offered",
    CallBridged: "talking",
    CallResumed: "talking",
    CallHeld: "held",
}
DIRECTIONS = ("inbound", "outbound-api", "outbound-dial")

CARRIER_TIME = "status_callback.timestamp"
RECEIVED_TIME = "status_callback.received"
LEAVE_TIME = "participant_leave.timestamp"
LEAVE_RECEIVED = "participant_leave.received"
LOOKUP_TIME = "carrier_lookup.end_time"
LOOKUP_RECEIVED = "carrier_lookup.received"
EVIDENCE = {
    "status": (CARRIER_TIME, RECEIVED_TIME),
    "conference": (LEAVE_TIME, LEAVE_RECEIVED),
    "lookup": (LOOKUP_TIME, LOOKUP_RECEIVED),
}
"""Kind of a report that ends a call → its evidence with a time of the carrier, and without."""
CARRIER_UNCERTAINTY_S = 1.0  # the carrier writes whole seconds
RECEIVED_UNCERTAINTY_S = 15.0  # the carrier's own limit on one request, connecting included
# Deliveries are repeated for hours and clocks are off by minutes: no true time is further away.
OLDEST = timedelta(days=31)
NEWEST = timedelta(days=1)
NO_SEQUENCE = -1
NUMBER = re.compile(r"\+?[0-9]{1,32}")
"""A number that can be dialled: E.164, or a short one of the house."""
_CALLS = UUID("5a1d7c1e-58f4-4a7b-9d0e-0b8a6a2f7c55")
"""The space of names of calls that begin with a report."""


@dataclass(frozen=True, slots=True)
class CarrierEvent:
    """One webhook, checked. `kind`: what it tells.

    `carrier_at` is the carrier's time (whole seconds), `received_at` ours; both aware UTC.
    `dedup_key` is equal for repeated deliveries of one report. `params` holds what may be kept
    in the log: no numbers, names, places and keys.

    `carrier_call`: the leg that it is about; blank where it is about a whole conference. The
    numbers, the direction and the status are blank where the carrier does not say them.
    `leg_id`: ours, where the address or the participant's label had it: the id of the command
    that placed the leg, or of the call for the caller's leg.
    """

    kind: Kind
    carrier: str
    carrier_call: str
    direction: str
    from_number: str
    to_number: str
    status: str
    received_at: datetime
    dedup_key: str
    sequence: int = NO_SEQUENCE
    carrier_at: datetime | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    leg_id: UUID | None = None
    step: str = ""
    """What is asked (`Step.name`); of `queue`: `left`, or `queue` where it did not leave itself."""
    digits: str = ""
    queue_result: str = ""
    queue_s: int | None = None
    """Seconds that the caller has waited, as the carrier counts them."""
    conference: str = ""
    """Its name: the call's id."""
    room: str = ""
    """The carrier's id of it: one of the same name may begin anew once all have left."""
    event: str = ""
    """Of a conference: start, end, join, leave, hold, unhold, mute, unmute, modify; of a
    recording: in-progress, completed, absent."""
    reason: str = ""
    """Why a participant left or the conference ended, in the carrier's word."""
    recording: str = ""
    recording_s: int | None = None
    recording_at: datetime | None = None
    """When it began, as the carrier says."""
    recorded: str = ""
    """What a recording is of: conversation or message."""
    answered_by: str = ""
    """Who answered a leg, where that was asked for: human, machine_start, fax, unknown."""
    error_code: str = ""

    @property
    def named(self) -> UUID | None:
        """The call or the leg that our own address or name in it says, where it does.

        A caller's own leg is known by the carrier's id: its call may not have been opened yet.
        """
        if self.conference:
            return UUID(self.conference)
        return None if self.of_caller else self.leg_id

    @property
    def of_caller(self) -> bool:
        """It is about a leg that nobody placed, which has the id of its call."""
        return self.leg_id is not None and self.leg_id == self.call_id

    @property
    def call_id(self) -> UUID:
        """What a call has for an id that begins with this report: the same for all of its leg."""
        return uuid5(_CALLS, f"{self.carrier}:{self.carrier_call}")

    @property
    def hung_up(self) -> bool:
        """The participant itself left the conference by hanging up."""
        return self.reason == "participant_hung_up"

    @property
    def ends(self) -> bool:
        """It tells when its leg was over: its last state, or that it hung up in a conference."""
        if self.kind in ("status", "lookup"):
            return self.status in TERMINAL
        return self.kind == "conference" and self.event == "leave" and self.hung_up

    @property
    def believed_at(self) -> datetime | None:
        """The carrier's time, or None where it gave none that can be true."""
        if self.carrier_at is None:
            return None
        behind = self.received_at - self.carrier_at
        return self.carrier_at if -NEWEST <= behind <= OLDEST else None

    @property
    def at(self) -> datetime:
        """When it happened, as well as is known."""
        return self.believed_at or self.received_at


@dataclass(frozen=True, slots=True)
class MessageReport:
    """What became of a short message of ours. `message_id`: ours; `status`: the carrier's word."""

    carrier: str
    carrier_message: str
    message_id: UUID
    status: str
    error_code: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class CallState:
    """A call as its facts tell it. `opened_at`: the moment of the report that arrived first."""

    carrier: str
    carrier_call: str
    direction: str
    opened_at: datetime
    state: str = "opened"
    ended_at: datetime | None = None
    end_state: str | None = None
    evidence: str | None = None
    uncertainty_s: float | None = None
    taken_by: UUID | None = None
    taken_at: datetime | None = None
    stage: str = "ringing"
    queue: str | None = None
    concluded: CallConcluded | None = None


class Fact(NamedTuple):
    """A payload and when it happened."""

    payload: Payload
    occurred_at: datetime


def decide(call: CallState | None, event: CarrierEvent) -> list[Fact]:
    """The facts that a report adds; none when it tells nothing new. `call`: None if unknown."""
    if call is not None and call.state == "ended":
        return []
    facts: list[Fact] = []
    if call is None:
        opened = CallOpened(
            carrier=event.carrier, carrier_call=event.carrier_call, direction=event.direction
        )
        facts.append(Fact(opened, event.at))
    if event.ends:
        facts.append(_end(event))
    elif _is_news(call, event):
        progressed = CallProgressed(state=PROGRESS[event.status], sequence=event.sequence)
        facts.append(Fact(progressed, event.at))
    return facts


def _is_news(call: CallState | None, event: CarrierEvent) -> bool:
    if event.status not in PROGRESS:
        return False
    present = call.state if call else "opened"
    return STATES.index(PROGRESS[event.status]) > STATES.index(present)


def _end(event: CarrierEvent) -> Fact:
    """Point A. A carrier clock ahead of ours is kept as it is, but believed less; a time that
    cannot be true counts as none.
    """
    timed, received = EVIDENCE[event.kind]
    evidence, uncertainty_s = received, RECEIVED_UNCERTAINTY_S
    if event.believed_at is not None:
        ahead_s = (event.believed_at - event.received_at).total_seconds()
        evidence, uncertainty_s = timed, max(CARRIER_UNCERTAINTY_S, ahead_s)
    end_state = event.status or "completed"
    ended = CallEnded(end_state=end_state, evidence=evidence, uncertainty_s=uncertainty_s)
    return Fact(ended, event.at)


def evolve(call: CallState | None, fact: Fact) -> CallState:
    """The call after one more fact of its stream. Raises ValueError before `call.opened`."""
    payload, at = fact
    if isinstance(payload, CallOpened):
        return CallState(
            carrier=payload.carrier,
            carrier_call=payload.carrier_call,
            direction=payload.direction,
            opened_at=at,
        )
    if call is None:
        raise ValueError(f"{payload.TYPE} before the call was opened")
    match payload:
        case CallProgressed():
            return replace(call, state=payload.state)
        case CallEnded():
            return replace(
                call,
                state="ended",
                stage="ended",
                ended_at=at,
                end_state=payload.end_state,
                evidence=payload.evidence,
                uncertainty_s=payload.uncertainty_s,
            )
        case CallTaken():
            return replace(call, taken_by=payload.agent_id, taken_at=at)
        case CallQueued():
            return replace(call, stage=_not_over(call, "queued"), queue=payload.queue)
        case CallConcluded():
            return replace(call, concluded=payload)
        case CallLeftQueue():
            return call
    if type(payload) in STAGE_OF:
        return replace(call, stage=_not_over(call, STAGE_OF[type(payload)]))
    raise TypeError(f"{payload.TYPE} is no fact of a call")


def _not_over(call: CallState, stage: str) -> str:
    """The stage that it comes to; what is told after the end does not begin it anew."""
    return call.stage if call.state == "ended" else stage


def fold(facts: Iterable[Fact]) -> CallState | None:
    """The call after all facts of its stream, in order; None where there are none."""
    call: CallState | None = None
    for fact in facts:
        call = evolve(call, fact)
    return call
