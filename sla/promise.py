"""The promise of the whole chain: when it is due, what is left of it. Pure; seconds are floats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sla.policy import Policy
from sla.segments import Segment, segments, total
from sla.timelines import Timeline


@dataclass(frozen=True, slots=True)
class Promise:
    """How the total stands: when it is due, what is left of it.

    `reserve_s`: total limit minus the sum of the segment limits (2 minutes for a crew at the
    centre's site in Beijing); None where a limit is unknown. `expected_slack_s`: seconds between
    the expected arrival and the deadline (negative: too late). `within` None: not over yet.
    """

    limit_s: float
    start: datetime
    deadline: datetime
    left_s: float
    within: bool | None
    reserve_s: float | None
    expected_slack_s: float | None = None


def promise(
    policy: Policy, timeline: Timeline, now: datetime, expected_arrival: datetime | None = None
) -> Promise | None:
    """The total promise at `now`; None where it cannot be judged (no A, no limit, anomaly).

    left_s == reserve_s + Σ slack of the segments − Σ excluded time, when all points are there.
    """
    whole = total(policy, timeline, now)
    return standing(whole, segments(policy, timeline, now), now, expected_arrival)


def standing(
    whole: Segment | None,
    judged: Sequence[Segment],
    now: datetime,
    expected_arrival: datetime | None = None,
) -> Promise | None:
    """The same of what has been judged: the total and the segments."""
    if whole is None or whole.state not in ("done", "running"):
        return None
    if whole.limit_s is None or whole.start is None:
        return None
    due = whole.deadline or whole.start + timedelta(seconds=whole.limit_s + whole.excluded_s)
    limits = [one.limit_s for one in judged]
    known = [limit for limit in limits if limit is not None]
    return Promise(
        limit_s=whole.limit_s,
        start=whole.start,
        deadline=due,
        left_s=(due - (whole.end or max(now, whole.start))).total_seconds(),
        within=whole.within,
        reserve_s=whole.limit_s - sum(known) if len(known) == len(limits) else None,
        expected_slack_s=(due - expected_arrival).total_seconds() if expected_arrival else None,
    )
