"""What evidence tells of each leg of a call: pure.

Evidence is a set: its order of arrival counts for nothing. What the carrier gives no time for
happened when it was received.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telephony.rules import PROGRESS, TERMINAL
from telephony.spans import Span

FAR = ("caller", "customer", "crew")
"""Roles of whom a call is with. It ends when that leg does."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that is known of a call: a report of the carrier, or what our flow decided.

    `party`: the carrier's id of the leg; blank where it is about the whole call. `at`: the
    carrier's time, None where it gave none that can be true. `word`: the result of a queue, the
    event of a conference, the name of a step, the code of the flow. `sequence` counts in one leg,
    or in the conference `room`. `more`: what a queue needs.
    """

    kind: str
    party: str
    received_at: datetime
    at: datetime | None = None
    status: str = ""
    word: str = ""
    sequence: int = -1
    seconds: float | None = None
    reason: str = ""
    room: str = ""
    more: tuple[tuple[str, Any], ...] = ()

    @property
    def when(self) -> datetime:
        return self.at or self.received_at

    @property
    def order(self) -> tuple[Any, ...]:
        """The same for the same set, however it came."""
        return (self.when, self.sequence, self.kind, self.word, self.status, self.received_at)

    @property
    def ends(self) -> bool:
        """It tells when its leg was over."""
        if self.kind in ("status", "lookup"):
            return self.status in TERMINAL
        return self.is_(("leave",)) and self.reason == "participant_hung_up"

    def is_(self, events: Iterable[str]) -> bool:
        """It is one of these events of a conference."""
        return self.kind == "conference" and self.word in events


@dataclass(frozen=True, slots=True)
class LegStory:
    """One telephone. `present`: in the conference; `told_present`: the conference said so."""

    role: str
    placed_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    end_state: str | None
    hung_up: bool
    put_out: bool
    present: tuple[Span, ...]
    held: tuple[Span, ...]
    told_present: bool

    @property
    def state(self) -> str:
        if self.ended_at is not None:
            return "ended"
        if self.answered_at is not None:
            return "answered"
        return "ringing" if self.ringing_at is not None else "placed"


def tell_leg(role: str, evidence: list[Evidence], over: list[Evidence]) -> LegStory:
    """A leg from all that is known of it, in order. `over`: that a conference was over."""
    ends = [one for one in evidence if one.ends]
    ended_at = min((one.when for one in ends), default=None)
    answered_at = _first(evidence, "in-progress")
    rooms = _rooms(evidence, over, ended_at)
    present = [
        span
        for number, (mine, close_at) in enumerate(rooms)
        for span in _spans(mine, "join", ("leave",), None if number else answered_at, close_at)
    ]
    held = [
        span
        for mine, close_at in rooms
        for span in _spans(mine, "hold", ("unhold", "leave"), None, close_at)
    ]
    finals = [one for one in ends if one.status in TERMINAL]
    return LegStory(
        role=role,
        placed_at=min(one.when for one in evidence),
        ringing_at=_first(evidence, "ringing"),
        answered_at=answered_at,
        ended_at=ended_at,
        end_state=(finals[0].status if finals else "completed") if ends else None,
        hung_up=any(one.ends and one.kind == "conference" for one in evidence),
        put_out=any(one.is_(("leave",)) and not one.ends for one in evidence),
        present=tuple(present),
        held=tuple(held),
        told_present=any(one.is_(("join", "leave")) for one in evidence),
    )


def _first(evidence: list[Evidence], state: str) -> datetime | None:
    """When the leg came to `state`: by the carrier's word, else by what was done in it."""
    said = [one for one in evidence if PROGRESS.get(one.status) == state]
    if state == "in-progress":
        joined = [one for one in evidence if one.is_(("join",))]
        said += [*joined, *(one for one in evidence if one.kind == "step")]
    timed = [one.when for one in said if one.kind == "status"] or [one.when for one in said]
    return min(timed, default=None)


def _rooms(
    evidence: list[Evidence], over: list[Evidence], ended_at: datetime | None
) -> list[tuple[list[Evidence], datetime | None]]:
    """For each conference that the leg was in: what is known of it there, in order, and when it was
    there no more at the latest. A leg is in one conference at a time.
    """
    by_room: dict[str, list[Evidence]] = {}
    for one in evidence:
        if one.kind == "conference":
            by_room.setdefault(one.room, []).append(one)
    begins = [mine[0].when for mine in by_room.values()]
    found = []
    for number, (room, mine) in enumerate(by_room.items(), start=1):
        whole = sorted(
            [*mine, *(one for one in over if one.room == room)], key=lambda one: one.order
        )
        closes = [*begins[number : number + 1], *([ended_at] if ended_at else [])]
        found.append((whole, min(closes, default=None)))
    return found


def _spans(
    evidence: list[Evidence],
    on: str,
    off: tuple[str, ...],
    since: datetime | None,
    end: datetime | None,
) -> list[Span]:
    """Pairs of `on` and one of `off`, or the end of the conference. A leave whose join was lost
    began at `since`, if that is known.
    """
    found: list[Span] = []
    begin: datetime | None = None
    for one in evidence:
        if one.is_((on,)):
            begin = begin or one.when
        elif one.is_((*off, "end")):
            began = begin or (since if not found and one.word in off else None)
            if began is not None:
                found.append(Span(began, max(began, one.when)))
            begin = None
    if begin is not None:
        found.append(Span(begin, None if end is None else max(begin, end)))
    return found
