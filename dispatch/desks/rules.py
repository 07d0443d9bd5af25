"""Whether somebody sits at a unit's screens, and what of an order's time that answers for: pure.

API processes say which units' clients are connected to them; each saying is a lease that runs
out. A desk is open while one lease holds. Connections that come or go for less than the grace do
not count. A desk is closed by the last client that leaves, at the moment at which it left; where
its process died nobody saw that, so it is closed at the moment at which the lease ran out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core import events as ev
from core.recorded import Recorded

Cause = Literal["left", "lost", "expired", "absent"]
"""`left`: the page was closed or logged out; `lost`: it vanished; `expired`: its process died;
`absent`: nobody was there when presence was first looked at."""


@dataclass(frozen=True, slots=True)
class DeskState:
    """`since`: open or closed from then on. `on_duty`: of a closed desk, by the roster."""

    is_open: bool
    since: datetime
    cause: str | None = None
    on_duty: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """What one process says about one unit.

    `here_since`, `gone_at` are business time; `settled_at`, `until` real. `gone_at` None: a client
    is connected. Until `settled_at` an arrival does not count yet; from `until` on the lease is
    void: of a process that died, or of clients that did not come back within the grace.
    """

    here_since: datetime
    settled_at: datetime
    until: datetime
    gone_at: datetime | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A fact to record, and when it happened (business time)."""

    payload: ev.Payload
    at: datetime


def decide(
    desk: DeskState | None,
    leases: Sequence[Lease],
    now: datetime,
    real: datetime,
    *,
    on_duty: bool,
    tells: bool = True,
) -> Said | None:
    """What is new about a desk at `now`, which is `real` by the wall clock; None: nothing.

    `tells` False: of a unit whose silence proves nothing (a crew's phone in a tunnel): only a page
    that was closed by somebody closes such a desk.
    """
    live = [one for one in leases if one.until > real]
    if live:
        if desk is not None and desk.is_open:
            return None
        settled = [one for one in live if one.settled_at <= real and one.gone_at is None]
        if not settled:
            return _duty_moved(desk, now, on_duty=on_duty)
        since = min(one.here_since for one in settled)
        return Said(ev.DeskOpened(), max(since, desk.since) if desk else since)
    if desk is None or desk.is_open:
        return _closed(desk, leases, now, on_duty=on_duty, tells=tells)
    return _duty_moved(desk, now, on_duty=on_duty)


def _closed(
    desk: DeskState | None, leases: Sequence[Lease], now: datetime, *, on_duty: bool, tells: bool
) -> Said | None:
    last = max(leases, key=lambda one: one.until, default=None)
    if last is not None and last.gone_at is not None:
        cause, at = last.cause or "lost", last.gone_at
    else:
        cause, at = ("expired" if desk is not None else "absent"), now
    if not tells and cause != "left":
        return None
    at = max(at, desk.since) if desk is not None else at
    return Said(ev.DeskClosed(cause=cause, on_duty=on_duty), at)


def _duty_moved(desk: DeskState | None, now: datetime, *, on_duty: bool) -> Said | None:
    if desk is None or desk.is_open or desk.on_duty == on_duty:
        return None
    return Said(ev.DeskClosed(cause=desk.cause or "left", on_duty=on_duty), now)


def evolve_desk(desk: DeskState | None, event: Recorded) -> DeskState:
    """The desk after one more fact. Said again, `closed` keeps since when."""
    payload, at = event.payload, event.occurred_at
    match payload:
        case ev.DeskOpened():
            return DeskState(is_open=True, since=at)
        case ev.DeskClosed():
            since = at if desk is None or desk.is_open else desk.since
            return DeskState(
                is_open=False, since=since, cause=payload.cause, on_duty=payload.on_duty
            )
    raise ValueError(f"{event.type} is not a fact of a desk")


@dataclass(frozen=True, slots=True)
class Closing:
    """A stretch in which the desk was on duty and closed; `end` None while it lasts."""

    start: datetime
    end: datetime | None


def closings(events: Iterable[Recorded]) -> list[Closing]:
    """The stretches that the facts of one desk tell, in order; none of them is empty."""
    found: list[Closing] = []
    since: datetime | None = None
    for event in events:
        owes = isinstance(event.payload, ev.DeskClosed) and event.payload.on_duty
        if owes and since is None:
            since = event.occurred_at
        elif not owes and since is not None:
            if event.occurred_at > since:
                found.append(Closing(since, event.occurred_at))
            since = None
    return [*found, Closing(since, None)] if since is not None else found
