"""Stamps in, judgement out: one record of one order, without a database. Pure.

docs/assess.md describes both forms. Times have a time zone; seconds are floats.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import NAMESPACE_OID, uuid5

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from core.findings import Words, both, wrong
from sla.arrivals import with_first
from sla.facts import Facts
from sla.intervals import Interval
from sla.policy import KNOWN_POINTS, NAMED_INTERVALS, Policy
from sla.promise import standing
from sla.segments import Segment, goals, segments, total
from sla.timelines import PointTime, Timeline

SOURCE = "record"
_AT_LINE = re.compile(r" at line \d+ column")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _written(value: Any) -> Any:
    if not isinstance(value, str):
        raise wrong("时间写作 2026-01-31T08:00:00Z", "a time is written like 2026-01-31T08:00:00Z")
    return value


Time = Annotated[AwareDatetime, BeforeValidator(_written)]


def _fact(value: Any) -> Any:
    if value is not None and not isinstance(value, bool | int | float | str):
        raise wrong(
            "条件应为文字、数字、true 或 false", "a fact is a word, a number, true or false"
        )
    return value


Fact = Annotated[Any, BeforeValidator(_fact)]


class Conditions(BaseModel):
    """What is known of the order; whatever is not a fact of every policy goes to `Facts.also`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Fact]

    same_site: StrictBool | None = None
    area_class: StrictStr | None = None
    customer_class: StrictStr | None = None
    fault_class: StrictStr | None = None
    kind: StrictStr | None = None
    channel: StrictStr | None = None
    released_during_call: StrictBool = False

    def facts(self) -> Facts:
        known = {name: getattr(self, name) for name in type(self).model_fields}
        more = self.__pydantic_extra__.items()
        return Facts(**known, also={code: value for code, value in more if value is not None})


class Evidence(_Part):
    """A stamp whose time is known to ± `uncertainty_s`."""

    at: Time
    uncertainty_s: float = Field(0.0, ge=0, allow_inf_nan=False)


def _evidence(value: Any) -> Any:
    if isinstance(value, str):
        return {"at": value}
    if not isinstance(value, dict | Evidence):
        raise wrong(
            "时间点写作 2026-01-31T08:00:00Z", "a stamp is a time like 2026-01-31T08:00:00Z"
        )
    return value


Stamps = dict[str, Annotated[Evidence, BeforeValidator(_evidence)] | None]


class Hold(_Part):
    """Time in which the clocks stand, if the policy says so. Without `end` it lasts."""

    kind: str = Field(min_length=1)
    start: Time
    end: Time | None = None
    approved: StrictBool = False


class Detour(_Part):
    """Time lost to a wrong department, answered by whoever sent it there."""

    start: Time
    end: Time | None = None
    responsible: str = ""


class Attempt(_Part):
    """A sending that was returned or recalled at `ended_at`; order-wide stamps are those of the
    record.
    """

    stamps: Stamps = Field(default_factory=dict)
    ended_at: Time
    conditions: Conditions | None = None


_NEEDED = ("order", "now")


class Record(_Part):
    """One line of input."""

    order: StrictStr | StrictInt
    conditions: Conditions = Conditions()
    stamps: Stamps = Field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    detours: tuple[Detour, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    ended_at: Time | None = None
    now: Time

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        """Null is as good as missing, except of what must be there."""
        if not isinstance(value, dict):
            return value
        return {key: one for key, one in value.items() if one is not None or key in _NEEDED}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One problem of one line, counted from 1; `field` with dots."""

    line: int
    field: str
    words: Words

    def __str__(self) -> str:
        zh, en = self.words
        return f"第 {self.line} 行 line {self.line}: {self.field}: {zh} {en}"


class RecordInvalid(ValueError):
    """A line that cannot be judged."""

    def __init__(self, wrong: list[Wrong]) -> None:
        super().__init__("; ".join(map(str, wrong)))
        self.wrong = wrong


def read_record(policy: Policy, text: bytes | str, line: int) -> Record:
    """One line of JSON. Raises RecordInvalid, which names line and field of each problem."""
    try:
        found = Record.model_validate_json(text)
    except ValidationError as error:
        raise RecordInvalid(_wrong(line, error.errors(include_url=False))) from error
    bad = [Wrong(line, field, words) for field, words in _problems(policy, found)]
    if bad:
        raise RecordInvalid(bad)
    return found


def _wrong(line: int, errors: Iterable[Mapping[str, Any]]) -> list[Wrong]:
    found = (Wrong(line, _field(one["loc"]), _words(one)) for one in errors)
    return list({one.field: one for one in found}.values())


def _words(error: Mapping[str, Any]) -> Words:
    if error["loc"][:1] == ("order",) and error["type"] != "missing":
        return "应为文字或整数", "a name or a whole number"
    zh, en = both(error)
    return zh, _AT_LINE.sub(" at column", en)


def _field(place: tuple[str | int, ...]) -> str:
    """The field's own name. A stamp may be written as a time alone; of an order's name, pydantic
    tells which kinds it tried.
    """
    if place[:1] == ("order",):
        place = place[:1]
    elif "stamps" in place:
        place = place[: place.index("stamps") + 2]
    return ".".join(map(str, place)) or "line"


def _problems(policy: Policy, record: Record) -> Iterator[tuple[str, Words]]:
    every = [("stamps", record.stamps)]
    every += [(f"attempts.{at}.stamps", one.stamps) for at, one in enumerate(record.attempts)]
    for place, stamps in every:
        for point in stamps:
            if point not in KNOWN_POINTS and point not in policy.points:
                yield (
                    f"{place}.{point}",
                    (
                        f"政策 {policy.code} 没有此时间点",
                        f"policy {policy.code} knows no such point",
                    ),
                )
    for name in ("holds", "detours"):
        for at, one in enumerate(getattr(record, name)):
            if one.end is not None and one.end < one.start:
                yield f"{name}.{at}.end", ("早于开始时间", "lies before the start")


def assess(policy: Policy, record: Record) -> dict[str, Any]:
    """The judgement of one record, as JSON values."""
    *_, timeline = with_first(
        [*(_tried(record, one) for one in record.attempts), _timeline(record)]
    )
    whole = total(policy, timeline, record.now)
    judged = segments(policy, timeline, record.now)
    own = standing(whole, judged, record.now)
    found: dict[str, Any] = {
        "order": record.order,
        "segments": [_judged(one) for one in judged],
        "total": _judged(whole) if whole else None,
        "slack_s": own.left_s if own else None,
    }
    if policy.goals:
        found["goals"] = [_judged(one) for one in goals(policy, timeline, record.now)]
    if record.attempts:
        found["attempts"] = [_attempt(policy, record, one) for one in record.attempts]
    if record.detours:
        found["detours"] = [_lost(one, record) for one in record.detours]
    if ignored := _ignored_holds(policy, record):
        found["ignored_holds"] = ignored
    if ignored := sorted(set(record.conditions.facts().also) - policy.asked):
        found["ignored_conditions"] = ignored
    return found


def assess_line(policy: Policy, text: bytes | str, line: int) -> str:
    """One line of input as one line of output, without its end. Raises RecordInvalid."""
    record = read_record(policy, text, line)
    try:
        found = assess(policy, record)
    except OverflowError as error:
        beyond = ("超出可计算的年份", "a time or limit lies beyond the years 1 to 9999")
        raise RecordInvalid([Wrong(line, "line", beyond)]) from error
    return json.dumps(found, ensure_ascii=False)


def _tried(record: Record, one: Attempt) -> Timeline:
    return Timeline(
        order_id=_subject(record),
        hop_id=_subject(record),
        assignment_id=_subject(record),
        points=_points(one.stamps),
        facts=(one.conditions or record.conditions).facts(),
        intervals=_holds(record),
        ended_at=one.ended_at,
        broken_off=True,
    )


def _attempt(policy: Policy, record: Record, one: Attempt) -> dict[str, Any]:
    judged = segments(policy, _tried(record, one), record.now)
    return {"ended_at": _text(one.ended_at), "segments": [_judged(each) for each in judged]}


def _lost(one: Detour, record: Record) -> dict[str, Any]:
    until = one.end or max(record.now, one.start)
    return {
        "start": _text(one.start),
        "end": _text(one.end),
        "lost_s": (until - one.start).total_seconds(),
        "responsible": one.responsible,
    }


def _timeline(record: Record) -> Timeline:
    subject = _subject(record)
    return Timeline(
        order_id=subject,
        hop_id=subject,
        assignment_id=subject,
        points=_points(record.stamps),
        facts=record.conditions.facts(),
        intervals=_intervals(record),
        ended_at=record.ended_at,
    )


def _subject(record: Record) -> Any:
    return uuid5(NAMESPACE_OID, str(record.order))


def _points(stamps: Stamps) -> dict[str, PointTime]:
    return {
        point: PointTime(one.at, SOURCE, one.uncertainty_s)
        for point, one in stamps.items()
        if one is not None
    }


def _intervals(record: Record) -> tuple[Interval, ...]:
    detours = [Interval("detour", one.start, one.end, one.responsible) for one in record.detours]
    return (*detours, *_holds(record))


def _holds(record: Record) -> tuple[Interval, ...]:
    return tuple(
        Interval(one.kind, one.start, one.end, "", approved=one.approved) for one in record.holds
    )


def _judged(one: Segment) -> dict[str, Any]:
    found: dict[str, Any] = {
        "code": one.code,
        "start": _text(one.start),
        "end": _text(one.end),
        "limit_s": one.limit_s,
        "spent_s": one.spent_s,
        "state": _state(one),
        "responsible": one.responsible,
    }
    if one.doubtful:
        found["doubtful"] = True
    if one.mark:
        found["mark"] = one.mark
    return found


def _state(one: Segment) -> str:
    """A running segment that is past its limit is breached already; what has begun and has no limit
    is unknown.
    """
    if one.state == "done":
        return "unknown" if one.within is None else "met" if one.within else "breached"
    if one.state != "running":
        return one.state
    return "unknown" if one.limit_s is None else "breached" if one.within is False else "running"


def _text(at: datetime | None) -> str | None:
    """UTC, ISO 8601, as exact as it is known."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _ignored_holds(policy: Policy, record: Record) -> list[str]:
    """Kinds of holds in a record that stop no clock: this policy does not know them, or they need
    an approval that they lack.
    """
    known = {one.kind: one.approval for one in policy.pauses}
    known |= dict.fromkeys(NAMED_INTERVALS, False)
    return sorted(
        {one.kind for one in record.holds if known.get(one.kind, True) and not one.approved}
        | {one.kind for one in record.holds if one.kind not in known}
    )
