"""Stamps in, judgement out: one record of one order, without a database. Pure.

docs/assess.md describes both forms. Times have a time zone; seconds are floats.
"""

import json
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
)

from sla.facts import Facts
from sla.policy import KNOWN_POINTS, NAMED_INTERVALS, Policy
from sla.segments import (
    Interval,
    PointTime,
    Segment,
    Timeline,
    goals,
    promise,
    segments,
    total,
)

SOURCE = "record"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("a time is written like 2026-01-31T08:00:00Z")
    return value


Time = Annotated[AwareDatetime, BeforeValidator(_written)]


def _fact(value: Any) -> Any:
    if value is not None and not isinstance(value, bool | int | float | str):
        raise ValueError("a fact is a word, a number, true or false")
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
    uncertainty_s: float = Field(0.0, ge=0)


def _evidence(value: Any) -> Any:
    if isinstance(value, str):
        return {"at": value}
    if not isinstance(value, dict | Evidence):
        raise ValueError("a stamp is a time like 2026-01-31T08:00:00Z")
    return value


Stamps = dict[str, Annotated[Evidence, BeforeValidator(_evidence)] | None]


class Hold(_Part):
    """Time in which the clocks stand, if the policy says so. Without `end` it lasts."""

    kind: str = Field(min_length=1)
    start: Time
    end: Time | None = None
    approved: StrictBool = False
    responsible: str = ""


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


@dataclass(frozen=True, slots=True)
class Wrong:
    """One problem of one line, counted from 1; `field` with dots."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.field}: {self.message}"


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
    wrong = [Wrong(line, field, message) for field, message in _problems(policy, found)]
    if wrong:
        raise RecordInvalid(wrong)
    return found


def _message(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


def _wrong(line: int, errors: Iterable[Mapping[str, Any]]) -> list[Wrong]:
    found = (Wrong(line, _field(one["loc"]), _message(one)) for one in errors)
    return list({one.field: one for one in found}.values())


def _field(place: tuple[str | int, ...]) -> str:
    """The field's own name. A stamp may be written as a time alone; of an order's name, pydantic
    tells which kinds it tried.
    """
    if place[:1] == ("order",):
        place = place[:1]
    elif "stamps" in place:
        place = place[: place.index("stamps") + 2]
    return ".".join(map(str, place)) or "line"


def _problems(policy: Policy, record: Record) -> Iterator[tuple[str, str]]:
    every = [("stamps", record.stamps)]
    every += [(f"attempts.{at}.stamps", one.stamps) for at, one in enumerate(record.attempts)]
    for place, stamps in every:
        for point in stamps:
            if point not in KNOWN_POINTS and point not in policy.points:
                yield f"{place}.{point}", f"policy {policy.code} knows no such point"
    for name in ("holds", "detours"):
        for at, one in enumerate(getattr(record, name)):
            if one.end is not None and one.end < one.start:
                yield f"{name}.{at}.end", "lies before the start"


def assess(policy: Policy, record: Record) -> dict[str, Any]:
    """The judgement of one record, as JSON values."""
    timeline = _timeline(record)
    own = promise(policy, timeline, record.now)
    whole = total(policy, timeline, record.now)
    found: dict[str, Any] = {
        "order": record.order,
        "segments": [_judged(one) for one in segments(policy, timeline, record.now)],
        "total": _judged(whole) if whole else None,
        "slack_s": own.left_s if own else None,
    }
    if policy.goals:
        found["goals"] = [_judged(one) for one in goals(policy, timeline, record.now)]
    if record.attempts:
        found["attempts"] = [_attempt(policy, record, one) for one in record.attempts]
    if record.detours:
        found["detours"] = [_lost(one, record) for one in record.detours]
    if ignored := _unknown_holds(policy, record):
        found["ignored_holds"] = ignored
    return found


def assess_line(policy: Policy, text: bytes | str, line: int) -> str:
    """One line of input as one line of output, without its end. Raises RecordInvalid."""
    return json.dumps(assess(policy, read_record(policy, text, line)), ensure_ascii=False)


def _attempt(policy: Policy, record: Record, one: Attempt) -> dict[str, Any]:
    timeline = Timeline(
        order_id=_subject(record),
        hop_id=_subject(record),
        assignment_id=_subject(record),
        points=_points(one.stamps),
        facts=(one.conditions or record.conditions).facts(),
        intervals=_intervals(record),
        ended_at=one.ended_at,
    )
    judged = segments(policy, timeline, record.now)
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
    holds = [
        Interval(one.kind, one.start, one.end, one.responsible, approved=one.approved)
        for one in record.holds
    ]
    return (*detours, *holds)


def _judged(one: Segment) -> dict[str, Any]:
    found = {
        "code": one.code,
        "start": _text(one.start),
        "end": _text(one.end),
        "limit_s": one.limit_s,
        "spent_s": one.spent_s,
        "state": _state(one),
        "responsible": one.responsible,
    }
    return {**found, "doubtful": True} if one.doubtful else found


def _state(one: Segment) -> str:
    """A running segment that is past its limit is breached already; an end that no limit can be
    laid on is unknown.
    """
    if one.state == "done":
        return "unknown" if one.within is None else "met" if one.within else "breached"
    return "breached" if one.state == "running" and one.within is False else one.state


def _text(at: datetime | None) -> str | None:
    """UTC, ISO 8601, as exact as it is known."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _unknown_holds(policy: Policy, record: Record) -> list[str]:
    """Kinds of holds in a record that stop no clock under this policy."""
    known = {*NAMED_INTERVALS, *(one.kind for one in policy.pauses)}
    return sorted({one.kind for one in record.holds} - known)
