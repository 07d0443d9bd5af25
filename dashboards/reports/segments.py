"""The segment report: for each segment of a policy, how many kept the limit and how long it took.

Grouped by segment alone, by centre (a segment of a hop or a crew belongs to the centre of that
hop, also when the order went to another one later), by crew, or by the hour of the day in which
the order was filed. Orders that are still open count with the segments that are over.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.identity import Access
from core.settings import settings
from dashboards.reports.adjusted import Adjusted, Rulings, adjusted
from dashboards.reports.query import Case, cases, labels
from dispatch.reviews.rules import ReviewState
from sla.policy import Policy, SegmentRule
from sla.segments import Segment, Timeline, goals, segments, total
from sla.statistics import Figures, figures

By = Literal["segment", "centre", "crew", "hour"]
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
            "adjusted_share": self.adjusted.share,
            "adjusted_mean_s": self.adjusted.mean_s,
            "ruled": self.adjusted.ruled,
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
    rulings: dict[tuple[str, UUID], ReviewState] = {}

    def read() -> Iterator[Case]:
        nonlocal counted
        for case in cases(session, org_id, access, start, end, system):
            counted += 1
            rulings.update(case.rulings)
            yield case

    groups = fold(read(), policy, by, ZoneInfo(zone), end)
    by_unit = by in ("centre", "crew")
    lines = _lines(groups, policy, labels(session, org_id), rulings, by_unit=by_unit)
    return SegmentReport(
        policy.code, policy.version, by, start, end, zone, system, counted, tuple(lines)
    )


Groups = dict[tuple[str, str], list[Segment]]


def fold(found: Iterable[Case], policy: Policy, by: By, zone: ZoneInfo, now: datetime) -> Groups:
    """(group, segment code) → judged segments. Pure.

    A segment of an order counts once, however many assignments the order had.
    """
    groups: Groups = {}
    for case in found:
        for segment in over_segments(case, policy, now):
            for key in keys_of(case, segment, by, zone):
                groups.setdefault((key, segment.code), []).append(segment)
    return groups


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
    if by == "hour":
        return [f"{case.filed_at.astimezone(zone).hour:02d}"]
    crew = case.crews.get(segment.subject_id) if segment.subject_id else None
    return [crew] if crew is not None else []


def _lines(
    groups: Groups,
    policy: Policy,
    names: Mapping[str, tuple[str, str]],
    rulings: Rulings,
    *,
    by_unit: bool,
) -> Iterator[Line]:
    rules = {rule.code: (position, rule) for position, rule in enumerate(policy.rules)}
    for key, code in sorted(groups, key=lambda pair: (pair[0], rules[pair[1]][0])):
        found = groups[key, code]
        after = adjusted(found, rulings, key if by_unit else None)
        yield _line(key, rules[code][1], found, after, policy, names)


def _line(
    key: str,
    rule: SegmentRule,
    found: list[Segment],
    after: Adjusted,
    policy: Policy,
    names: Mapping[str, tuple[str, str]],
) -> Line:
    limits = {one.limit_s for one in found}
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
        figures=figures(found, statistic),
        adjusted=after,
    )
