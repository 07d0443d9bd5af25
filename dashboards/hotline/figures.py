"""The figures of callers' calls: pure. Lengths of time are seconds.

docs/hotline.md defines each of them; what cannot be judged is left out and counted.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

Reading = Literal["short_out", "short_in"]
"""Of the service level: callers who gave up at once are left out, or count as not served."""
OPEN, UNKNOWN = "open", "unknown"
"""Beside the outcomes of ended calls: it goes on; it ended and nothing tells what became of it."""
REFUSED = "queue_full"


@dataclass(frozen=True, slots=True)
class Rule:
    """What the figures are measured by. `answer_s`: promised wait; `repeat_s`: so soon again."""

    answer_s: float
    target: float
    reading: Reading
    repeat_s: float


@dataclass(frozen=True, slots=True)
class Contact:
    """A caller's call. `queue`: the first it came to; `caller`: None where the number is withheld.

    `wrap_up_s`: of all its agents; None while it lasts, or where no agent is known.
    """

    id: UUID
    opened_at: datetime
    caller: str | None
    queue: str | None
    ended: bool
    outcome: str | None = None
    short: bool | None = None
    queued_at: datetime | None = None
    bridged_at: datetime | None = None
    wait_s: float | None = None
    talk_s: float | None = None
    held_s: float | None = None
    transfers: int | None = None
    wrap_up_s: float | None = None

    @property
    def fate(self) -> str:
        """Exactly one of the outcomes, `open` or `unknown`."""
        return (self.outcome or UNKNOWN) if self.ended else OPEN

    @property
    def answered(self) -> bool:
        """An agent spoke with the caller, or speaks now."""
        return self.outcome == "answered" or (not self.ended and self.bridged_at is not None)

    @property
    def offered(self) -> bool:
        """It came to a queue that took it."""
        return (self.queued_at is not None and self.outcome != REFUSED) or self.answered

    @property
    def waited_s(self) -> float | None:
        """From the queue to an agent, or to the end; None where that cannot be told (yet)."""
        if self.wait_s is not None or self.queued_at is None or self.bridged_at is None:
            return self.wait_s
        return max(0.0, (self.bridged_at - self.queued_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Promise:
    """A call-back that was asked for. `state`: as in the table `callback`."""

    queue: str
    asked_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one group of calls. Each mean and share has its population and what it leaves out."""

    calls: int
    outcomes: dict[str, int]
    offered: int
    waiting: int
    answered: int
    answered_in_time: int
    abandoned: int
    abandoned_short: int
    abandoned_before: int
    service_level: float | None
    service_level_short_out: float | None
    service_level_short_in: float | None
    service_judged: int
    service_unjudged: int
    abandonment: float | None
    asa_s: float | None
    asa_judged: int
    asa_unjudged: int
    longest_wait_s: float | None
    talk_s: float | None
    held_s: float | None
    wrap_up_s: float | None
    handle_s: float | None
    handle_judged: int
    handle_unjudged: int
    transfers: int
    transferred: int
    repeats: int
    repeat_judged: int
    repeat_unjudged: int
    callbacks: int
    callbacks_done: int
    callbacks_failed: int
    callbacks_cancelled: int
    callbacks_pending: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def figures(
    contacts: Sequence[Contact], repeats: frozenset[UUID], promises: Sequence[Promise], rule: Rule
) -> Figures:
    """The figures of a group; `repeats`: the calls in it that came soon after another."""
    offered = [one for one in contacts if one.offered]
    abandoned = [one for one in offered if one.outcome == "abandoned"]
    known = [one for one in contacts if one.caller is not None]
    again = sum(1 for one in known if one.id in repeats)
    moved = [one.transfers for one in contacts if one.transfers]
    return Figures(
        calls=len(contacts),
        outcomes=dict(sorted(Counter(one.fate for one in contacts).items())),
        offered=len(offered),
        waiting=sum(1 for one in offered if not one.ended and not one.answered),
        abandoned=len(abandoned),
        abandoned_short=sum(1 for one in abandoned if one.short),
        abandoned_before=sum(1 for one in contacts if one.outcome == "abandoned") - len(abandoned),
        **_served(offered, rule),
        **_waits(offered),
        **_handled(offered),
        transfers=sum(moved),
        transferred=len(moved),
        repeats=again,
        repeat_judged=len(known),
        repeat_unjudged=len(contacts) - len(known),
        **_promised(promises),
    )


def _served(offered: Sequence[Contact], rule: Rule) -> dict[str, Any]:
    """The service level in both readings. Who still waits is no evidence for or against it."""
    judged = [
        one
        for one in offered
        if (one.waited_s is not None if one.answered else one.fate not in (OPEN, UNKNOWN))
    ]
    in_time = sum(1 for one in judged if one.answered and (one.waited_s or 0.0) <= rule.answer_s)
    short = sum(1 for one in judged if one.outcome == "abandoned" and one.short)
    lost = sum(1 for one in judged if one.outcome == "abandoned" and not one.short)
    levels = {
        "short_out": share(in_time, len(judged) - short),
        "short_in": share(in_time, len(judged)),
    }
    return {
        "answered_in_time": in_time,
        "service_level": levels[rule.reading],
        "service_level_short_out": levels["short_out"],
        "service_level_short_in": levels["short_in"],
        "service_judged": len(judged),
        "service_unjudged": len(offered) - len(judged),
        "abandonment": share(lost, len(judged) - short),
    }


def _waits(offered: Sequence[Contact]) -> dict[str, Any]:
    answered = [one for one in offered if one.answered]
    waits = [one.waited_s for one in answered if one.waited_s is not None]
    every = [one.waited_s for one in offered if one.waited_s is not None]
    return {
        "answered": len(answered),
        "asa_s": mean(waits),
        "asa_judged": len(waits),
        "asa_unjudged": len(answered) - len(waits),
        "longest_wait_s": max(every, default=None),
    }


def _handled(offered: Sequence[Contact]) -> dict[str, Any]:
    """Talk, hold and after-call work of answered calls of which all three are known."""
    answered = [one for one in offered if one.answered]
    known = [
        (one.talk_s, one.held_s or 0.0, one.wrap_up_s)
        for one in answered
        if one.talk_s is not None and one.wrap_up_s is not None
    ]
    talk, held, wrap_up = (mean([each[part] for each in known]) for part in range(3))
    return {
        "talk_s": talk,
        "held_s": held,
        "wrap_up_s": wrap_up,
        "handle_s": mean([sum(each) for each in known]),
        "handle_judged": len(known),
        "handle_unjudged": len(answered) - len(known),
    }


def _promised(promises: Sequence[Promise]) -> dict[str, int]:
    # Given up by a person: it was tried in vain all the same.
    states = Counter("failed" if one.state == "given_up" else one.state for one in promises)
    over = {name: states[name] for name in ("done", "failed", "cancelled")}
    return {
        "callbacks": len(promises),
        **{f"callbacks_{name}": count for name, count in over.items()},
        "callbacks_pending": len(promises) - sum(over.values()),
    }


def repeated(seen: Iterable[tuple[datetime, UUID, str]], within_s: float) -> frozenset[UUID]:
    """Calls whose caller had called within the last `within_s`. (when, call, caller), any order."""
    last: dict[str, datetime] = {}
    found: set[UUID] = set()
    for at, id_, caller in sorted(seen):
        before = last.get(caller)
        if before is not None and at - before <= timedelta(seconds=within_s):
            found.add(id_)
        last[caller] = at
    return frozenset(found)


def share(part: int, whole: int) -> float | None:
    """None where there is nothing to have a share of."""
    return part / whole if whole > 0 else None


def mean(values: Sequence[float]) -> float | None:
    """None of none."""
    return round(sum(values) / len(values), 3) if values else None
