"""How long a stretch typically takes, and the limit that would follow: pure. Seconds.

Rule of the source (Beijing 95598): a limit is the typical time of the segment plus one minute. The
typical time is a quantile of the past, the median unless another is asked for, with an interval
that holds whatever the distribution is. What rests on stamps that say nothing sure is left out and
counted, never guessed.
"""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import accumulate
from math import ceil, floor
from typing import Literal
from zoneinfo import ZoneInfo

from sla.facts import Facts
from sla.policy import Limit, Policy, SegmentRule
from sla.segments import BROKEN_OFF, RELEASED_DURING_CALL, Segment
from sla.statistics import quantile
from sla.timelines import Timeline

ADDED_S = 60.0
"""What the rule adds to the typical time."""
LEAST = 30
"""Fewer observations than that give no figure."""
LEVEL = 0.95
BANDS = (0, 6, 12, 18)
"""Hours at which the bands of the day begin, unless told otherwise."""
Dimension = Literal["area", "hour", "fault_class"]
Reason = Literal["unknown", "anomaly", "doubtful", "running", "released_during_call"]
REASONS: tuple[Reason, ...] = ("unknown", "anomaly", "doubtful", "running", "released_during_call")


@dataclass(frozen=True, slots=True)
class Ranks:
    """The `low`-th and `high`-th smallest observation (from 1) and how surely the true quantile
    lies between them, 0 … 1.
    """

    low: int
    high: int
    coverage: float


@lru_cache(maxsize=4096)
def ranks(count: int, share: float, level: float = LEVEL) -> Ranks | None:
    """Which two of `count` ordered observations enclose the quantile `share` with at least `level`.

    With B ~ Binomial(count, share), the true quantile lies in [X(l), X(u)] with probability

        P(l ≤ B ≤ u − 1) = Σ C(n, i) · pⁱ · (1 − p)ⁿ⁻ⁱ,  i = l … u − 1

    for any continuous distribution, and at least so surely for any other. l is the largest rank
    with P(B < l) ≤ (1 − level) / 2, u the smallest with P(B ≥ u) ≤ (1 − level) / 2. Source: H. A.
    David, H. N. Nagaraja, Order Statistics, 3rd edition, section 7.1; G. J. Hahn, W. Q. Meeker,
    Statistical Intervals, section 5.2. None: too few observations enclose it at all.
    """
    if not 0 < share < 1 or not 0 < level < 1:
        raise ValueError("share and level lie between 0 and 1")
    if count < 1:
        return None
    first, chances = _binomial(count, share)
    below = [0.0, *accumulate(chances)]  # below[k] = P(B < first + k)
    tail = (1 - level) / 2
    low = first + max(at for at, chance in enumerate(below) if chance <= tail)
    above = [0.0, *accumulate(reversed(chances))]  # above[k] = P(B > last - k)
    last = first + len(chances) - 1
    high = last + 1 - max(at for at, chance in enumerate(above) if chance <= tail)
    if low < 1 or high > count:
        return None
    return Ranks(low, high, min(below[high - first] - below[low - first], 1.0))


def _binomial(count: int, share: float) -> tuple[int, list[float]]:
    """P(B = i) from the first i that matters on; from the mode outwards, so nothing overflows."""
    mode = min(floor((count + 1) * share), count)
    odds = share / (1 - share)
    down, up = [1.0], []
    for i in range(mode, 0, -1):
        down.append(down[-1] * i / ((count - i + 1) * odds))
        if down[-1] < 1e-18:
            break
    chance = 1.0
    for i in range(mode, count):
        chance *= (count - i) * odds / (i + 1)
        up.append(chance)
        if chance < 1e-18:
            break
    weights = [*reversed(down), *up]
    whole = sum(weights)
    return mode - len(down) + 1, [one / whole for one in weights]


@dataclass(frozen=True, slots=True)
class Typical:
    """The quantile of the observations, and from where to where it surely lies."""

    at_s: float
    low_s: float
    high_s: float
    coverage: float

    @property
    def exact_s(self) -> float:
        """Typical plus one minute, to the microsecond that stamps have."""
        return round(self.at_s + ADDED_S, 6)

    @property
    def proposed_s(self) -> float:
        """The same, rounded up to a whole minute: what a limit is written as."""
        return 60.0 * ceil(self.exact_s / 60)


def typical(
    spent: Sequence[float], share: float = 0.5, level: float = LEVEL, least: int = LEAST
) -> Typical | None:
    """The typical time of observations in any order; None where they are too few to say."""
    found = ranks(len(spent), share, level) if len(spent) >= least else None
    if found is None:
        return None
    ordered = sorted(spent)
    return Typical(
        at_s=quantile(ordered, share),
        low_s=ordered[found.low - 1],
        high_s=ordered[found.high - 1],
        coverage=found.coverage,
    )


def left_out(timeline: Timeline, segment: Segment) -> Reason | None:
    """Why a stretch tells nothing about how long such ones take; None: it does.

    Running ones are the slow ones of a period that has just ended: many of them mean that the
    typical time is longer than it looks. Doubtful: both stamps together are less sure than the
    minute that the rule adds. The engine's own mark (too near to the limit to be sure) would leave
    out just what lies about today's limit.
    """
    if segment.state in ("pending", "unknown") or segment.spent_s is None:
        return "unknown"
    if segment.state == "running":
        return "running"
    if segment.state == "anomaly":
        return "anomaly"
    if segment.mark == BROKEN_OFF:
        return "unknown"
    if segment.mark == RELEASED_DURING_CALL and segment.to_point == "B":
        return "released_during_call"
    stamps = (timeline.points.get(one) for one in (segment.from_point, segment.to_point))
    unsure = sum(stamp.uncertainty_s for stamp in stamps if stamp)
    return "doubtful" if unsure > ADDED_S else None


@dataclass(slots=True)
class Sample:
    """What the past says about one limit in one group: eight bytes an observation."""

    spent: "array[float]" = field(default_factory=lambda: array("d"))
    judged: int = 0
    late: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)

    def add(self, timeline: Timeline, segment: Segment) -> None:
        """Count a segment, or count it as left out."""
        reason = left_out(timeline, segment)
        if reason is not None:
            self.left_out[reason] += 1
            return
        assert segment.spent_s is not None
        self.spent.append(segment.spent_s)
        self.judged += segment.within is not None
        self.late += segment.within is False


@dataclass(frozen=True, slots=True)
class Place:
    """What a sample is of: group, rule and which of its limits held (None: no one is known to)."""

    group: tuple[str, ...]
    code: str
    limit: int | None


Samples = dict[Place, Sample]


def place_of(
    policy: Policy,
    rule: SegmentRule,
    timeline: Timeline,
    segment: Segment,
    by: Sequence[Dimension] = (),
    bands: Sequence[int] = BANDS,
) -> Place | None:
    """The sample that a segment belongs to; None where the rule is not for this order.

    Raises CalendarEndsError.
    """
    facts, start = timeline.facts, segment.start
    if not rule.when.fits(facts, start, policy.days):
        return None
    held = rule.limit_of(facts, start, policy.days)
    number = next((at for at, one in enumerate(rule.limits) if one is held), None)
    group = tuple(group_of(one, facts, start, policy.days.zone, bands) for one in by)
    return Place(group, rule.code, number)


def group_of(
    by: Dimension, facts: Facts, start: datetime | None, zone: ZoneInfo, bands: Sequence[int]
) -> str:
    """The area class, the band of the day in which it began, the fault's code; empty: not known."""
    if by == "area":
        return facts.area_class or ""
    if by == "fault_class":
        return facts.fault_class or ""
    return "" if start is None else band_of(start.astimezone(zone).hour, bands)


def band_of(hour: int, bands: Sequence[int]) -> str:
    """The band that an hour of the day (0 … 23) lies in, as `06:00-12:00`.

    `bands`: ascending hours at which bands begin; the last one runs on to the first.
    """
    at = max((i for i, begin in enumerate(bands) if begin <= hour), default=len(bands) - 1)
    end = bands[(at + 1) % len(bands)]
    return f"{bands[at]:02d}:00-{end or 24:02d}:00"


Hindrance = Literal["too_few", "no_limit", "lead", "working_days"]


@dataclass(frozen=True, slots=True)
class Line:
    """Today's limit and the proposed one on the same observations.

    `count`: observations. `today_late` of `judged` broke today's limit, `proposed_late` of `count`
    would have broken the proposal. `hindrance`: why nothing is proposed: too few observations; no
    limit is known to hold for them; a lead that must be kept, which no typical time can set; a
    limit in working days, which no amount of minutes stands for.
    """

    place: Place
    limit: Limit | None
    today_s: float | None
    count: int
    judged: int
    today_late: int
    typical: Typical | None
    proposed_late: int | None
    hindrance: Hindrance | None
    left_out: Mapping[Reason, int]

    @property
    def today_share(self) -> float | None:
        """Share that broke today's limit, 0 … 1."""
        return self.today_late / self.judged if self.judged else None

    @property
    def proposed_share(self) -> float | None:
        """Share that would have broken the proposal, 0 … 1."""
        if self.proposed_late is None or not self.count:
            return None
        return self.proposed_late / self.count


def lines(
    policy: Policy,
    samples: Samples,
    share: float = 0.5,
    level: float = LEVEL,
    least: int = LEAST,
) -> list[Line]:
    """A line for each sample, in the order of the policy, groups in alphabetical order."""
    rules = {rule.code: (at, rule) for at, rule in enumerate(policy.rules)}

    def rank(place: Place) -> tuple[int, bool, int, tuple[str, ...]]:
        return rules[place.code][0], place.limit is None, place.limit or 0, place.group

    return [
        _line(policy, rules[place.code][1], place, samples[place], share, level, least)
        for place in sorted(samples, key=rank)
    ]


def _line(
    policy: Policy,
    rule: SegmentRule,
    place: Place,
    sample: Sample,
    share: float,
    level: float,
    least: int,
) -> Line:
    limit = None if place.limit is None else rule.limits[place.limit]
    found = typical(sample.spent, share, level, least)
    hindrance: Hindrance | None = "too_few" if found is None else None
    if limit is None:
        hindrance = "no_limit"
    elif (rule.statistic or policy.statistic) == "min_lead":
        hindrance = "lead"
    elif limit.length.needs_days or limit.length.unit == "nextday":
        hindrance = "working_days"
    late = None
    if found is not None and hindrance is None:
        late = sum(spent > found.proposed_s for spent in sample.spent)
    return Line(
        place=place,
        limit=limit,
        today_s=limit.length.seconds if limit else None,
        count=len(sample.spent),
        judged=sample.judged,
        today_late=sample.late,
        typical=found,
        proposed_late=late,
        hindrance=hindrance,
        left_out=dict(sample.left_out),
    )
