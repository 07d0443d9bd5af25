"""The states of an agent, and when customers are called back. Pure."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

State = Literal["offline", "available", "reserved", "on_call", "wrap_up", "break"]
Act = Literal[
    "ready", "pause", "leave", "reserve", "free", "not_ready", "connect", "finish", "park"
]

STATES: tuple[State, ...] = ("offline", "available", "reserved", "on_call", "wrap_up", "break")
CHOSEN: tuple[State, ...] = ("available", "break", "offline")
"""States that a person may choose; the others follow from calls."""

ALLOWED: dict[tuple[State, Act], State] = {
    ("offline", "ready"): "available",
    ("break", "ready"): "available",
    ("wrap_up", "ready"): "available",
    ("offline", "pause"): "break",
    ("available", "pause"): "break",
    ("break", "pause"): "break",
    ("wrap_up", "pause"): "break",
    ("available", "leave"): "offline",
    ("break", "leave"): "offline",
    ("wrap_up", "leave"): "offline",
    ("available", "reserve"): "reserved",
    ("reserved", "free"): "available",
    ("reserved", "not_ready"): "break",
    ("reserved", "connect"): "on_call",
    ("on_call", "finish"): "wrap_up",
    ("on_call", "park"): "available",
}
"""Every transition that there is. A caller on hold for later (`park`) leaves the agent free."""

BUSY: tuple[State, ...] = ("reserved", "on_call")
_ACT_OF: dict[State, Act] = {"available": "ready", "break": "pause", "offline": "leave"}


def after(state: State, act: Act) -> State | None:
    """The state that `act` leads to; None where it does not fit."""
    return ALLOWED.get((state, act))


def act_for(wanted: State) -> Act:
    """What a person who chooses this state does."""
    return _ACT_OF[wanted]


def wrap_up_until(began: datetime, wrap_up_s: float, extended_s: float, most_s: float) -> datetime:
    """When after-call work ends: its time and what was added to it, at most `most_s` in all."""
    return began + timedelta(seconds=min(wrap_up_s + extended_s, most_s))


def next_try(tries: int, at: datetime, gaps_s: Sequence[float]) -> datetime | None:
    """When a customer is called again after `tries` in vain; None: a person must see to it."""
    if tries > len(gaps_s):
        return None
    return at + timedelta(seconds=gaps_s[tries - 1])


def in_hours(at: datetime, hours: tuple[time, time], zone: ZoneInfo) -> datetime:
    """`at`, or the next opening of the local hours after it."""
    local = at.astimezone(zone)
    if hours[0] <= local.time() < hours[1]:
        return at
    day = local.date() if local.time() < hours[0] else local.date() + timedelta(days=1)
    return datetime.combine(day, hours[0], tzinfo=zone).astimezone(at.tzinfo)


def after_taking(callers: int | None, kind: str, between: int) -> int | None:
    """Callers on the line that an agent has taken since calling somebody back, after taking one
    more of this kind of offer; None: `between` or more, so that the next may be a call-back.
    """
    if kind == "callback":
        callers = 0
    elif kind == "caller" and callers is not None:
        callers += 1
    return None if callers is None or callers >= between else callers
