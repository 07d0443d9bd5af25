"""The segment report: for each segment of a policy, how many kept the limit and how long it took.

Grouped by segment alone, by centre (a segment of a hop or a crew belongs to the centre of that
hop, also when the order went to another one later), by crew, by responsible party, or by the hour
of the day in which the order was filed. Orders that are still open count with the segments that are
over.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.identity import Access
from core.settings import settings
from dashboards.reports.adjusted import Adjusted, By, Group, Homes, after_ruling, keys_after
from dashboards.reports.query import Case, cases, homes_of, labels
from sla.policy import Policy, SegmentRule
from sla.segments import Segment, goals, segments, total
from sla.statistics import Figures, figures
from sla.timelines import Timeline

METHOD = "linear interpolation (Hyndman and Fan type 7)"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report: a group and a segment. `limit_s` None: several limits, or none."""

    key: str
    key_zh: str
    key_en: str
    code: str
    name_zh: str
    name_en: str
    responsible: str
    statistic: str
    limit_s: float | None
    figures: Figures
    adjusted: Adjusted

    def as_json(self) -> dict[str, Any]:
        """Flat values, as in the JSON and CSV forms."""
        flat = asdict(self)
        plain = {k: v for k, v in flat.items() if k not in ("figures", "adjusted")}
        return {**plain, **flat["figures"]} | {
            "share": self.figures.share,
            **self.adjusted.as_json(),
        }


@dataclass(frozen=True, slots=True)
class SegmentReport:
    """A whole report. `orders` is the number of orders looked at."""

    policy: str
    policy_version: int
    by: By
    start: datetime
    end: datetime
    timezone: str
    system: str | None
    orders: int
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "policy": self.policy,
            "policy_version": self.policy_version,
            "by": self.by,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "timezone": self.timezone,
            "system": self.system,
            "orders": self.orders,
            "quantiles": METHOD,
            "lines": [line.as_json() for line in self.lines],
        }


def segment_report(
    session: Session,
    org_id: int,
    access: Access,
    policy: Policy,
    start: datetime,
    end: datetime,
    by: By,
    *,
    system: str | None = None,
    timezone: str | None = None,
) -> SegmentReport:
    """The report over orders filed in [start, end) that the reader may see.

    `system` bounds it to one imported system (`paidan` for own orders). `timezone` decides what
    hour of the day it was; default is the setting. All orders are judged by `policy`, not by the
    one they ran under.
    """
    zone = timezone or settings().timezone
    counted = 0

    def read() -> Iterator[Case]:
        nonlocal counted
        for case in cases(session, org_id, access, start, end, system):
            counted += 1
            yield case

    homes = homes_of(session, org_id)
    groups = fold(read(), policy, by, ZoneInfo(zone), end, homes)
    lines = _lines(groups, policy, names_of(policy) | labels(session, org_id))
    return SegmentReport(
        policy.code, policy.version, by, start, end, zone, system, counted, tuple(lines)
    )


Groups = dict[tuple[str, str], Group]


def names_of(policy: Policy) -> dict[str, tuple[str, str]]:
    """Party of a policy → name in Chinese and English."""
    return {code: (name.zh, name.en) for code, name in policy.parties.items()}


def fold(
    found: Iterable[Case], policy: Policy, by: By, zone: ZoneInfo, now: datetime, homes: Homes
) -> Groups:
    """(group, segment code) → judged segments, before and after rulings. Pure.

    A segment of an order counts once, however many assignments the order had.
    """
    groups: Groups = defaultdict(Group)
    for case in found:
        for segment in over_segments(case, policy, now):
            ruled = case.ruling_on(segment)
            keys = keys_of(case, segment, by, zone)
            after, later = after_ruling(segment, ruled), keys_after(keys, ruled, by, homes)
            for key in keys:
                groups[key, segment.code].raw.append(segment)
            for key in later:
                groups[key, segment.code].after.append(after)
            for key in {*keys, *later} if after is not segment else {*keys} ^ {*later}:
                groups[key, segment.code].ruled += 1
    return dict(groups)


def over_segments(case: Case, policy: Policy, now: datetime) -> list[Segment]:
    """The segments of an order that are over, judged; each once. Pure.

    What a later attempt is still busy with is not over, whatever became of it in an earlier one.
    """
    begun = begun_segments(case, policy, now)
    return [segment for _, segment in begun if segment.state != "running"]


def is_for(policy: Policy, case: Case) -> bool:
    """Whether a policy applies to an order; one that applies to nothing by itself may be tried on
    any. Pure.
    """
    if policy.applies is None:
        return True
    return any(
        policy.applies.fits(timeline.facts, timeline.at("A"), policy.days)
        for timeline in case.timelines
    )


def begun_segments(case: Case, policy: Policy, now: datetime) -> list[tuple[Timeline, Segment]]:
    """The segments of an order that are over or running, each once, with their attempt. Pure."""
    last: dict[tuple[str, UUID], tuple[Timeline, Segment]] = {}
    for timeline in case.timelines:
        for segment in _judged(timeline, policy, now):
            if segment.subject_id is None:
                continue
            if segment.state == "pending":
                last.pop((segment.code, segment.subject_id), None)
            else:
                last[segment.code, segment.subject_id] = timeline, segment
    return list(last.values())


def _judged(timeline: Timeline, policy: Policy, now: datetime) -> Iterator[Segment]:
    yield from segments(policy, timeline, now)
    whole = total(policy, timeline, now)
    if whole is not None:
        yield whole
    yield from goals(policy, timeline, now)


def keys_of(case: Case, segment: Segment, by: By, zone: ZoneInfo) -> list[str]:
    """The groups of a segment: one, or none where the order's segment is no crew's."""
    if by == "segment":
        return [""]
    if by == "centre":
        return [case.centre_of(segment.subject_id)]
    if by == "party":
        return [segment.responsible]
    if by == "hour":
        return [f"{case.filed_at.astimezone(zone).hour:02d}"]
    crew = case.crews.get(segment.subject_id) if segment.subject_id else None
    return [crew] if crew is not None else []


def _lines(
    groups: Groups,
    policy: Policy,
    names: Mapping[str, tuple[str, str]],
) -> Iterator[Line]:
    rules = {rule.code: (position, rule) for position, rule in enumerate(policy.rules)}
    for key, code in sorted(groups, key=lambda pair: (pair[0], rules[pair[1]][0])):
        yield _line(key, rules[code][1], groups[key, code], policy, names)


def _line(
    key: str,
    rule: SegmentRule,
    group: Group,
    policy: Policy,
    names: Mapping[str, tuple[str, str]],
) -> Line:
    limits = {one.limit_s for one in (*group.raw, *group.after)}
    statistic = rule.statistic or policy.statistic
    zh, en = names.get(key, (key, key))
    return Line(
        key=key,
        key_zh=zh,
        key_en=en,
        code=rule.code,
        name_zh=rule.name.zh,
        name_en=rule.name.en,
        responsible=rule.responsible,
        statistic=statistic,
        limit_s=limits.pop() if len(limits) == 1 else None,
        figures=figures(group.raw, statistic),
        adjusted=group.adjusted,
    )
