"""What is left of a promise while it runs, who lent and who borrowed: pure.

Seconds are floats, times are aware datetimes. The total promise runs from A to its last point; the
segments in between have limits of their own, and what is not in them is the reserve. A segment that
ends early lends its minutes to the rest, one that ends late borrows them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sla.policy import Policy
from sla.promise import standing
from sla.segments import Segment, segments, total
from sla.shares import by_interval, over_only, pieces
from sla.timelines import Timeline


@dataclass(frozen=True, slots=True)
class Account:
    """One segment's side of the promise. `to_come_s`: of its limit, what is still to be spent."""

    code: str
    responsible: str
    state: str
    lent_s: float
    borrowed_s: float
    to_come_s: float | None


@dataclass(frozen=True, slots=True)
class Spender:
    """Who took most of what the promise had to spare: a segment, or an interval (`queued`, …)."""

    code: str
    responsible: str
    over_s: float


@dataclass(frozen=True, slots=True)
class Slack:
    """How a running promise stands.

    `left_s`: until the deadline. `spare_s`: what of it would be left if every step that is still to
    come took exactly its limit; negative: somebody has to be faster than the policy asks. None
    where a limit is not known. `leave_by`: the latest departure, deadline less `travel_s`; None
    once the crew has departed, or where the way is not known. `travel_known`: the travel time is
    an estimate of this journey, not the policy's limit. `spender`: None where nobody took anything.
    """

    left_s: float
    spare_s: float | None
    reserve_s: float | None
    lent_s: float
    borrowed_s: float
    accounts: tuple[Account, ...]
    spender: Spender | None
    leave_by: datetime | None
    travel_s: float | None
    travel_known: bool


def slack(
    policy: Policy, timeline: Timeline, now: datetime, travel_s: float | None = None
) -> Slack | None:
    """The slack of the promise at `now`; None where there is no promise that can be judged.

    `travel_s`: expected duration of the last segment, where somebody can say.

    At the end of the chain `spare_s == left_s`; before it
    `spare_s == reserve_s + Σ lent − Σ borrowed − time in intervals that stop only the segments`.
    """
    judged = segments(policy, timeline, now)
    whole = standing(total(policy, timeline, now), judged, now)
    if whole is None:
        return None
    accounts = tuple(_account(one) for one in judged)
    to_come = [one.to_come_s for one in accounts]
    known = [seconds for seconds in to_come if seconds is not None]
    travel = travel_of(judged, travel_s)
    return Slack(
        left_s=whole.left_s,
        spare_s=whole.left_s - sum(known) if len(known) == len(to_come) else None,
        reserve_s=whole.reserve_s,
        lent_s=sum(one.lent_s for one in accounts),
        borrowed_s=sum(one.borrowed_s for one in accounts),
        accounts=accounts,
        spender=spender(policy, timeline, judged, now),
        leave_by=leave_by(whole.deadline, judged, travel),
        travel_s=travel,
        travel_known=travel_s is not None,
    )


def _account(one: Segment) -> Account:
    to_come: float | None = 0.0
    if one.state == "pending":
        to_come = one.limit_s
    elif one.state == "running":
        to_come = None if one.slack_s is None else max(one.slack_s, 0.0)
    return Account(one.code, one.responsible, one.state, one.lent_s, one.borrowed_s, to_come)


def spender(
    policy: Policy, timeline: Timeline, judged: Sequence[Segment], now: datetime | None
) -> Spender | None:
    """The segment or interval that took most; of equals the earlier one.

    `now` None: of what is over only, which follows from stamps alone. A hold that stops the promise
    itself takes nothing of it and is left out.
    """
    taken = [
        Spender(one.code, one.responsible, one.borrowed_s)
        for one in judged
        if (one.state == "done" or (one.state == "running" and now)) and one.borrowed_s > 0
    ]
    line = timeline if now else over_only(timeline)
    if line.intervals:
        until = now or max(one.end for one in line.intervals if one.end)
        spent: dict[tuple[str, str], float] = {}
        for one, owned in by_interval(pieces(policy, line, judged, until)):
            if one.kind == "interval":
                key = (one.code, one.party)
                spent[key] = spent.get(key, 0.0) + owned.total_seconds()
        taken += [Spender(code, party, seconds) for (code, party), seconds in spent.items()]
    return max(taken, key=lambda one: one.over_s, default=None)


def leave_by(
    deadline: datetime | None, judged: Sequence[Segment], travel_s: float | None
) -> datetime | None:
    """The latest beginning of the last segment that still meets `deadline`; None once it began."""
    if deadline is None or travel_s is None or not judged or judged[-1].state != "pending":
        return None
    return deadline - timedelta(seconds=travel_s)


def travel_of(judged: Sequence[Segment], travel_s: float | None) -> float | None:
    """The expected seconds of the last segment: the estimate, else its limit."""
    if travel_s is not None or not judged:
        return travel_s
    return judged[-1].limit_s
