"""A service-level policy: which stretches there are, how long each may take, who answers for it.

A policy is data (TOML), read into frozen values. Every figure carries its source and how sure that
source is. docs/policies.md describes the file; `sla/documents.py` reads it.
"""

from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from core.findings import wrong
from sla.calendars import EVERY_DAY, MOST_S, Calendar, CalendarEndsError, Span, span
from sla.facts import Facts, When

POINTS = ("A", "B", "C", "D", "E", "F", "G", "H")
COURSE = (
    "A", "B", "C", "centre_accepted", "D", "E", "F", "activated", "G", "H", "recorded", "closed",
    "followed_up",
)  # fmt: skip
"""The order in which an order's points come. Supply may be restored from afar while the crew still
drives, so `restored` has no place in it."""
KNOWN_POINTS = frozenset({*COURSE, "restored"})

Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]
Subject = Literal["order", "hop", "assignment", "ticket"]
Statistic = Annotated[str, Field(pattern=r"^(max|mean|min_lead|p[1-9][0-9](\.[0-9])?)$")]
"""What must keep the limit: every one, the mean, a percentile; `min_lead`: at least so long."""
Confidence = Literal[
    "seed", "official_page", "secondary_page", "patent", "repo_comment", "quiz_page",
    "quiz_options_answer_not_shown", "weak_page", "quiz_statement_unverified", "memory", "derived",
]  # fmt: skip
DOUBTFUL = frozenset(
    {"memory", "quiz_page", "quiz_options_answer_not_shown", "quiz_statement_unverified"}
)
"""A policy with such a figure waits for an administrator's confirmation."""
NAMED_INTERVALS = ("queued", "detour", "desk_closed")
"""Time that belongs to no segment under any policy; the total runs on."""


Seconds = Annotated[float, Field(gt=0, le=MOST_S)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Name(_Part):
    """What a person reads, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


def _span(value: Any) -> Any:
    if not isinstance(value, str):
        raise wrong("时长写作 45 min", "a length is written like 45 min")
    return span(value)


Length = Annotated[Span, BeforeValidator(_span), PlainSerializer(str)]


class Limit(_Part):
    """At most this long, where `when` fits: `limit_s` in seconds, or `limit` like `4 workdays`."""

    limit_s: Seconds | None = None
    limit: Length | None = None
    when: When = When()
    responsible: str | None = None
    source: str
    confidence: Confidence

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.limit_s is None) == (self.limit is None):
            raise wrong("时限须写 limit_s 或 limit 之一", "a limit has either limit_s or limit")
        return self

    @cached_property
    def length(self) -> Span:
        if self.limit is not None:
            return self.limit
        assert self.limit_s is not None
        return Span(self.limit_s, "s")


class SegmentRule(_Part):
    """One stretch between two points. The first of `limits` that fits holds."""

    code: Code
    name: Name
    from_point: Code = Field(alias="from")
    to_point: Code = Field(alias="to")
    subject: Subject
    responsible: str
    statistic: Statistic | None = None
    when: When = When()
    limits: tuple[Limit, ...] = Field(min_length=1)

    def limit_of(
        self, facts: Facts, start: datetime | None = None, days: Calendar = EVERY_DAY
    ) -> Limit | None:
        """The limit that holds for a stretch beginning at `start`; None where none is known to.

        Raises CalendarEndsError.
        """
        for limit in self.limits:
            if limit.when.fits(facts, start, days):
                return limit
        return None

    def seconds(self, facts: Facts) -> float | None:
        """The limit in seconds before anything has begun; None where it depends on more."""
        try:
            found = self.limit_of(facts)
        except CalendarEndsError:
            return None
        return found.length.seconds if found else None


class TimerRule(_Part):
    """An alarm beside the segments: rings `limit_s` after `from` unless `stop` came."""

    code: Code
    name: Name
    from_point: Code = Field(alias="from")
    stop_point: Code = Field(alias="stop")
    subject: Subject
    tell: str
    limit_s: Seconds
    source: str
    confidence: Confidence


class Pause(_Part):
    """An event that holds clocks: `stops` names segments, goals or the total; empty: every segment
    and goal, never the total. `most_s`: of one hold, `most_total_s`: of all holds of this kind.
    `approval`: counts only when somebody has approved it. `responsible`: who answers for the time.
    """

    kind: Code
    name: Name
    stops: tuple[Code, ...] = ()
    most_s: Seconds | None = None
    most_total_s: Seconds | None = None
    approval: bool = True
    responsible: str | None = None


Occasion = Literal["alarm", "breach", "warning", "risk"]
Recipient = Literal["sender", "receiver", "crew", "leader_1", "leader_2", "supervisor"]
Channel = Literal["screen", "sound", "voice", "sms", "mail", "robot"]


class Step(_Part):
    """So many seconds after the occasion, unless somebody acknowledged it or it is over."""

    after_s: float = Field(ge=0, le=MOST_S)
    to: Recipient
    channels: tuple[Channel, ...] = Field(min_length=1)
    text: Name


class Ladder(_Part):
    """Who is told when one of `of` (segments, goals, the total, timers) rings; steps by time."""

    code: Code
    on: tuple[Occasion, ...] = ("alarm",)
    of: tuple[Code, ...] = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if any(before.after_s > after.after_s for before, after in pairwise(self.steps)):
            raise wrong("步骤须按 after_s 由小到大排列", "steps come in the order of after_s")
        return self


class Prediction(_Part):
    """What the prediction of a promise assumes: a limit is the typical time and `over_typical_s`;
    `spread`: standard deviation of a step as a share of its typical time. An alert begins below the
    probability `enter` and ends above `leave`; each state lasts `dwell_s` at least.
    """

    over_typical_s: float = Field(ge=0, le=MOST_S)
    spread: float = Field(gt=0, le=3)
    enter: float = Field(gt=0, lt=1)
    leave: float = Field(gt=0, lt=1)
    dwell_s: float = Field(ge=0, le=86_400)
    source: str
    confidence: Confidence

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.leave < self.enter:
            raise wrong("leave 不得小于 enter", "leave is not below enter")
        return self


class Taps(_Part):
    """From how many seconds on the crew's tap and GPS contradict each other: of G, of H. What GPS
    itself leaves open comes on top.

    Of G it is the whole limit of the segment before it in the seed; of H what parking, a gate and
    the stairs take before somebody looks at a phone.
    """

    departed_s: Seconds = 180.0
    arrived_s: Seconds = 300.0

    def apart_s(self, point: str) -> float:
        """Of this point."""
        return self.departed_s if point == "G" else self.arrived_s


class Policy(_Part):
    """A complete policy.

    `segments` are a chain: each begins where the one before it ends. `goals` stand beside it.
    `applies`: which orders and tickets it is for. `arrival`: of an order of several tickets each
    clock A runs to the first arrival at the site, or to that of its own attempt. `points`: points
    of the policy's own, in `course` where later ones overtake earlier ones. `covers`: what begins
    under it by itself, where `applies` fits; of several policies that fit the one with the highest
    `priority` holds. Without `applies` nothing does: it is for reports and what-if.
    """

    code: Code
    version: int = Field(ge=1, le=2**31 - 1)
    name: Name
    statistic: Statistic = "max"
    warn_share: float = Field(0.8, gt=0, lt=1)
    warn_left_s: Seconds | None = None
    zone: str | None = None
    calendar: str | None = None
    covers: Literal["order", "ticket"] = "order"
    priority: int = Field(0, ge=-1000, le=1000)
    applies: When | None = None
    arrival: Literal["first", "own"] = "first"
    points: dict[Code, Name] = Field(default_factory=dict)
    course: tuple[Code, ...] = ()
    parties: dict[str, Name]
    segments: tuple[SegmentRule, ...] = ()
    total: SegmentRule | None = None
    goals: tuple[SegmentRule, ...] = ()
    timers: tuple[TimerRule, ...] = ()
    pauses: tuple[Pause, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    prediction: Prediction | None = None
    taps: Taps = Taps()

    def on(self, days: Calendar) -> Self:
        """The same policy, counted on this calendar."""
        found = self.model_copy()
        found.__dict__["days"] = days
        return found

    @cached_property
    def days(self) -> Calendar:
        """Zone, working days and shifts that its limits are counted in; `on` sets them."""
        return EVERY_DAY

    @property
    def placed(self) -> list[tuple[tuple[str | int, ...], SegmentRule]]:
        """Each rule with the place where it stands in the document."""
        found: list[tuple[tuple[str | int, ...], SegmentRule]] = [
            (("segments", number), rule) for number, rule in enumerate(self.segments)
        ]
        if self.total:
            found.append((("total",), self.total))
        return found + [(("goals", number), rule) for number, rule in enumerate(self.goals)]

    @property
    def rules(self) -> tuple[SegmentRule, ...]:
        """The segments, the total, the goals."""
        return (*self.segments, *((self.total,) if self.total else ()), *self.goals)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The facts of its own that its conditions ask for."""
        whens = [self.applies, *(rule.when for rule in self.rules)]
        whens += [limit.when for rule in self.rules for limit in rule.limits]
        return frozenset(code for when in whens if when for code in when.facts)

    @property
    def chain(self) -> tuple[str, ...]:
        """The points of the segments, in order; empty without segments."""
        if not self.segments:
            return ()
        return (self.segments[0].from_point, *(rule.to_point for rule in self.segments))

    @property
    def order_of_points(self) -> tuple[str, ...]:
        """Points of which a later one shows that earlier ones are past."""
        return self.course or COURSE

    @property
    def doubtful(self) -> list[str]:
        """Codes of rules with a figure that somebody remembered or read in a quiz."""
        found = [
            rule.code
            for rule in self.rules
            if any(limit.confidence in DOUBTFUL for limit in rule.limits)
        ]
        return found + [one.code for one in self.timers if one.confidence in DOUBTFUL]

    def is_behind(self, point: str, other: str) -> bool:
        """Whether `point` comes later in the course of things than `other`."""
        course = self.order_of_points
        return point in course and other in course and course.index(point) > course.index(other)
