"""A caller's stays in queues, from evidence: pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from telephony.story_legs import Evidence

DEFAULT_QUEUE = "hotline"
DEFAULT_LANGUAGE = "cmn-CN"
RESULTS = {
    "bridged": "bridged",
    "redirected-from-bridged": "bridged",
    "redirected": "moved",
    "leave": "leave",
    "hangup": "hangup",
    "queue-full": "full",
    "error": "failed",
    "system-error": "failed",
}
"""The carrier's word for why a caller left the queue → ours; others are on the way."""
SKEW = timedelta(seconds=2)
"""By so much may a report seem older than the stay that it belongs to: times are whole seconds."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Waiting in one queue; `left_at` and `result` are None while it lasts."""

    queue: str
    entered_at: datetime
    left_at: datetime | None
    result: str | None
    priority: int
    language: str
    skills: tuple[str, ...]


def tell_stays(
    known: list[Evidence], joined: list[datetime], end: datetime | None, *, inbound: bool
) -> tuple[Stay, ...]:
    """The stays, in order. `joined`: when the caller came into the conference; `end`: was gone.
    Whom we called was in the conference before any queue.

    A stay begins when our flow sends the caller there. A caller whom the carrier's own fallback
    put into the queue has a stay as well: from when the carrier says that waiting began.
    """
    entries = [one for one in known if one.kind == "flow" and one.word == "enqueue"]
    began = [_began(one) for one in known if _waits(one)]
    if not entries and not began:
        return ()
    starts = [one.when for one in entries] or [min(began)]
    details = [dict(one.more) for one in entries] or [{}]
    if not inbound:
        joined = [at for at in joined if at >= starts[0]]
    found: list[Stay] = []
    shares = _shared(joined, starts)
    for number, (start, detail) in enumerate(zip(starts, details, strict=True)):
        after = starts[number + 1] if number + 1 < len(starts) else None
        since = start if number else None
        left_at, result = _left(known, shares[number], end, since, after)
        found.append(_stay(start, left_at, result, detail))
    return tuple(found)


def _waits(one: Evidence) -> bool:
    return one.seconds is not None and (one.kind == "queue" or one.word.partition(".")[0] == "wait")


def _began(one: Evidence) -> datetime:
    """When the waiting began that is told of; of a result without its length: when it came."""
    return one.received_at - timedelta(seconds=one.seconds or 0)


def _stay(
    start: datetime, left_at: datetime | None, result: str | None, detail: dict[str, Any]
) -> Stay:
    return Stay(
        queue=detail.get("queue", DEFAULT_QUEUE),
        entered_at=start,
        left_at=None if left_at is None else max(start, left_at),
        result=result,
        priority=detail.get("priority", 0),
        language=detail.get("language", DEFAULT_LANGUAGE),
        skills=tuple(detail.get("skills", ())),
    )


def _shared(joined: list[datetime], starts: list[datetime]) -> list[list[datetime]]:
    """The joins by which each stay was over: every join belongs to one.

    One that is told just before a stay ended the stay before, unless that had ended already: a
    caller may be sent back to the queue a moment after the agent came.
    """
    shares: list[list[datetime]] = [[] for _ in starts]
    for at in sorted(joined):
        last = max((n for n, start in enumerate(starts) if start <= at + SKEW), default=0)
        if last and starts[last] > at and not shares[last - 1]:
            last -= 1
        shares[last].append(at)
    return shares


def _left(
    known: list[Evidence],
    joins: list[datetime],
    end: datetime | None,
    since: datetime | None,
    after: datetime | None,
) -> tuple[datetime | None, str | None]:
    """When and how a stay was over: `joins`, and what began after `since` and before `after`."""

    def within(at: datetime) -> bool:
        late = at + SKEW
        return (since is None or late >= since) and (after is None or late < after)

    told = [
        (one.when, RESULTS[one.word])
        for one in known
        if one.kind == "queue" and one.word in RESULTS and within(_began(one))
    ]
    if joins:
        return min([*joins, *(at for at, _ in told)]), "bridged"
    if told:
        at, result = told[0]
        if result == "failed" and end is not None:
            result = "hangup"  # the carrier's race: "system-error" for a caller who hung up
        return (at if end is None else min(at, end)), result
    if after is not None:
        return after, "moved"
    return (end, "hangup") if end is not None else (None, None)
