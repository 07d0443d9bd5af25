"""Calibration over the orders of a period: typical times, proposed limits, a document of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.identity import Access
from dashboards.reference import FAULTS
from dashboards.reports.distribution import bin_at, edges_of
from dashboards.reports.query import cases
from dashboards.reports.segments import METHOD, begun_segments, is_for
from dashboards.reports.steps import EVERY, Steps
from sla.calendars import CalendarEndsError
from sla.calibration import (
    BANDS,
    LEAST,
    LEVEL,
    REASONS,
    Dimension,
    Line,
    Place,
    Sample,
    Samples,
    lines,
    place_of,
)
from sla.facts import When
from sla.policy import Policy, SegmentRule
from sla.proposals import derived_from, new_limits, proposed_document
from sla.segments import Segment
from sla.timelines import Timeline
from sla.words import coded


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: groups, the quantile that counts as typical, how sure its interval is, how
    many observations at least, at which hours the bands of the day begin, one imported system;
    `everywhere`: also the orders that the policy does not apply to.
    """

    by: tuple[Dimension, ...] = ()
    share: float = 0.5
    level: float = LEVEL
    least: int = LEAST
    bands: tuple[int, ...] = BANDS
    system: str | None = None
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Calibration:
    """The figures. `orders`: how many were looked at; `covered`: of them those it applies to."""

    policy: Policy
    wish: Wish
    start: datetime
    end: datetime
    orders: int
    covered: int
    samples: Samples
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        """Flat values; lengths in seconds, unrounded."""
        wish = self.wish
        return {
            "policy": self.policy.code,
            "policy_version": self.policy.version,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "timezone": self.policy.days.zone.key,
            "system": wish.system,
            "orders": self.orders,
            "covered": self.covered,
            "by": list(wish.by),
            "quantile": wish.share,
            "level": wish.level,
            "least": wish.least,
            "quantiles": METHOD,
            "lines": [self.line_as_json(line) for line in self.lines],
        }

    def line_as_json(self, line: Line) -> dict[str, Any]:
        """One line, with bins that have both limits on their edges where that can be."""
        rule = self.rule(line)
        found = line.typical
        spent = self.samples[line.place].spent
        proposed = found.proposed_s if found and line.hindrance is None else None
        edges = edges_of(spent, [one for one in (line.today_s, proposed) if one is not None])
        group = zip(self.wish.by, line.place.group, strict=True)
        return {
            "code": rule.code,
            "name_zh": rule.name.zh,
            "name_en": rule.name.en,
            "responsible": (line.limit and line.limit.responsible) or rule.responsible,
            "chain": rule in self.policy.segments,
            "limit": line.place.limit,
            "when": _conditions(line.limit.when) if line.limit else {},
            "group": [_named(by, key) for by, key in group],
            "today_s": line.today_s,
            "today_source": line.limit.source if line.limit else None,
            "today_confidence": line.limit.confidence if line.limit else None,
            "count": line.count,
            "typical_s": found.at_s if found else None,
            "low_s": found.low_s if found else None,
            "high_s": found.high_s if found else None,
            "coverage": found.coverage if found else None,
            "exact_s": found.exact_s if found else None,
            "proposed_s": proposed,
            "judged": line.judged,
            "today_late": line.today_late,
            "today_share": line.today_share,
            "proposed_late": line.proposed_late,
            "proposed_share": line.proposed_share,
            "hindrance": line.hindrance,
            "left_out": {reason: line.left_out.get(reason, 0) for reason in REASONS},
            "edges": list(edges),
            "bins": bins(spent, edges),
        }

    def rule(self, line: Line) -> SegmentRule:
        """The rule that a line is of."""
        return next(rule for rule in self.policy.rules if rule.code == line.place.code)

    def document(self, text: str, version: int, codes: Collection[str] | None = None) -> str:
        """This version of the policy, whose document is `text`, with the proposed limits.

        `codes`: which rules change; None: all segments of the chain. A promise to customers (the
        total, goals) changes only when it is named.
        """
        chosen = codes if codes is not None else [rule.code for rule in self.policy.segments]
        zone = self.policy.days.zone
        first, last = (at.astimezone(zone) for at in (self.start, self.end))
        period = f"orders filed {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} {zone.key}"

        def about(line: Line) -> str:
            return derived_from(line, self.wish.share, self.wish.level, period)

        limits = new_limits(self.policy, self.lines, self.wish.by, chosen, about)
        return proposed_document(text, self.policy, limits, version)


def calibrate(
    session: Session,
    org_id: int,
    access: Access,
    policy: Policy,
    start: datetime,
    end: datetime,
    wish: Wish,
) -> Steps[Calibration]:
    """Typical times over the orders filed in [start, end) that the reader may see.

    All orders are judged by `policy`, so that today's limits and the proposals stand on the same
    data; those that it does not apply to are left out. Read in a stream: what is kept are the
    durations, eight bytes each.
    """
    samples: Samples = {}
    rules = {rule.code: rule for rule in policy.rules}
    counted = covered = 0
    for case in cases(session, org_id, access, start, end, wish.system):
        counted += 1
        if wish.everywhere or is_for(policy, case):
            covered += 1
            for timeline, segment in begun_segments(case, policy, end):
                place = _place(policy, rules[segment.code], timeline, segment, wish)
                if place is not None:
                    samples.setdefault(place, Sample()).add(timeline, segment)
        if counted % EVERY == 0:
            yield counted
    yield counted
    found = lines(policy, samples, wish.share, wish.level, wish.least)
    return Calibration(policy, wish, start, end, counted, covered, samples, tuple(found))


def _place(
    policy: Policy, rule: SegmentRule, timeline: Timeline, segment: Segment, wish: Wish
) -> Place | None:
    try:
        return place_of(policy, rule, timeline, segment, wish.by, wish.bands)
    except CalendarEndsError:
        return None  # nobody has said yet which limit holds then


def bins(spent: Sequence[float], edges: Sequence[float]) -> list[int]:
    """How many lie in each bin."""
    counts = [0] * len(edges)
    for one in spent:
        counts[bin_at(one, edges)] += 1
    return counts


def _conditions(when: When) -> dict[str, Any]:
    return when.model_dump(mode="json", exclude_defaults=True)


def _named(by: Dimension, key: str) -> dict[str, str]:
    """A group with its name in both languages."""
    known = {code: (zh, en) for code, zh, en, _ in FAULTS} if by == "fault_class" else {}
    zh, en = known.get(key) or coded(key)
    return {"by": by, "key": key, "name_zh": zh or "未知", "name_en": en or "unknown"}
