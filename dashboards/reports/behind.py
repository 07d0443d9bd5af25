"""The orders behind a figure: each segment that was counted, with its overrun and who answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity import Access
from core.settings import settings
from dashboards.reports.adjusted import By
from dashboards.reports.query import OWN_SYSTEM, Case, cases, labels
from dashboards.reports.segments import keys_of, over_segments
from dispatch.orders.lost_time import lost_time
from dispatch.orders.models import Location, Order
from dispatch.reviews.rules import adjusted_s
from sla.policy import Policy
from sla.segments import Segment

Outcome = Literal["late", "within", "unjudged", "anomaly"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which segments: of one code, group and outcome, and longer than … up to … seconds."""

    code: str
    by: By = "segment"
    key: str | None = None
    outcome: Outcome | None = None
    spent_from: float | None = None
    spent_to: float | None = None

    def fits(self, case: Case, segment: Segment, zone: ZoneInfo) -> bool:
        """Whether a segment that is over is one of them."""
        if segment.code != self.code or self.outcome not in (None, outcome_of(segment)):
            return False
        if self.key is not None and self.key not in keys_of(case, segment, self.by, zone):
            return False
        return self._long_enough(segment)

    def _long_enough(self, segment: Segment) -> bool:
        if self.spent_from is None and self.spent_to is None:
            return True
        if segment.state != "done" or segment.spent_s is None:
            return False
        # A bin holds its upper edge; the first one holds 0 as well.
        above = not self.spent_from or segment.spent_s > self.spent_from
        return above and (self.spent_to is None or segment.spent_s <= self.spent_to)


def outcome_of(segment: Segment) -> Outcome:
    """The figure of the report that this segment is counted in."""
    if segment.state == "anomaly":
        return "anomaly"
    if segment.within is None:
        return "unjudged"
    return "within" if segment.within else "late"


Found = tuple[Case, Segment]
Places = dict[Any, tuple[str | None, str | None]]


def select_found(
    read: Iterable[Case], policy: Policy, wanted: Wanted, zone: ZoneInfo, now: datetime
) -> list[Found]:
    """The wanted segments, the longest overrun first; those without a time by filing. Pure."""
    found = [
        (case, segment)
        for case in read
        for segment in over_segments(case, policy, now)
        if wanted.fits(case, segment, zone)
    ]

    def rank(one: Found) -> tuple[float, datetime, str]:
        case, segment = one
        spent = segment.spent_s if segment.spent_s is not None else float("-inf")
        return -(spent - (segment.limit_s or 0.0)), case.filed_at, case.number

    return sorted(found, key=rank)


def orders_behind(
    session: Session,
    org_id: int,
    access: Access,
    policy: Policy,
    start: datetime,
    end: datetime,
    wanted: Wanted,
    *,
    system: str | None = None,
    offset: int = 0,
    limit: int = 50,
) -> dict[str, Any]:
    """A page of the segments behind a figure of the period [start, end), as JSON."""
    zone = ZoneInfo(settings().timezone)
    read = cases(session, org_id, access, start, end, system)
    found = select_found(read, policy, wanted, zone, end)
    page = found[offset : offset + limit]
    names = labels(session, org_id)
    places = _places(session, org_id, [case for case, _ in page])
    return {
        "policy": policy.code,
        "policy_version": policy.version,
        "from": start,
        "to": end,
        "total": len(found),
        "offset": offset,
        "rows": [_row(case, one, policy, end, names, places) for case, one in page],
    }


def _places(session: Session, org_id: int, found: Sequence[Case]) -> Places:
    """By the order's id: its place, and the same in English."""
    query = (
        select(Order.id, Location.place, Location.place_en)
        .join(Location, (Location.org_id == Order.org_id) & (Location.id == Order.location_id))
        .where(Order.org_id == org_id, Order.id.in_([case.id for case in found]))
    )
    return {found.id: (found.place, found.place_en) for found in session.execute(query)}


def _row(
    case: Case,
    one: Segment,
    policy: Policy,
    now: datetime,
    names: dict[str, tuple[str, str]],
    places: Places,
) -> dict[str, Any]:
    place, place_en = places.get(case.id, (None, None))
    hop_id = one.subject_id if one.subject_id in case.centres else None
    assignment_id = one.subject_id if one.subject_id in case.crews else None
    unit = case.units.of(one.responsible, hop_id, assignment_id)
    party = policy.parties[one.responsible]
    over = max(-(one.slack_s or 0.0), 0.0) if one.within is not None else None
    ruled = case.ruling_on(one)
    # Units of an imported order drove side by side: no attempt of theirs took another's time.
    lost = lost_time(policy, case.timelines, now, case.units) if case.system == OWN_SYSTEM else []
    return {
        "order_id": case.id,
        "number": case.number,
        "system": case.system,
        "place": place,
        "place_en": place_en,
        "filed_at": case.filed_at,
        "code": one.code,
        "outcome": outcome_of(one),
        "start": one.start,
        "end": one.end,
        "spent_s": one.spent_s,
        "excluded_s": one.excluded_s,
        "limit_s": one.limit_s,
        "over_s": over,
        "adjusted_over_s": None
        if over is None
        else adjusted_s(over, ruled.waived_s if ruled else 0),
        "ruling": ruled.ruling if ruled else None,
        "ruled_party": ruled.ruled_party if ruled else None,
        "ruled_unit": _unit(ruled.ruled_unit if ruled else None, names),
        "doubtful": one.doubtful,
        "responsible": {"code": one.responsible, "name_zh": party.zh, "name_en": party.en},
        "unit": _unit(unit, names),
        "lost": [each.as_json() for each in lost],
    }


def _unit(unit: str | None, names: dict[str, tuple[str, str]]) -> dict[str, str] | None:
    if not unit:
        return None
    zh, en = names.get(unit, (unit, unit))
    return {"code": unit, "name_zh": zh, "name_en": en}
