"""Reports."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.deps import Need
from api.policy_named import policy_named
from api.report_schemas import Behind, By, Distribution, Outcome
from api.schemas import Moment, Plain
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from core.settings import settings
from dashboards.reports.behind import Wanted, orders_behind
from dashboards.reports.distribution import distribution
from dashboards.reports.segments import segment_report
from dashboards.seen import place_seen, viewer_of
from dispatch.orders.service import POLICY
from sla.policy import Policy

router = APIRouter(tags=["reports"])
Viewer = Annotated[Principal, Depends(Need(Right.REPORT_VIEW))]
Start = Annotated[Moment, Query(alias="from", examples=["2026-11-01T00:00:00Z"])]
End = Annotated[Moment, Query(alias="to", examples=["2026-12-01T00:00:00Z"])]
PolicyName = Annotated[str, Query(description="A name: in force, else newest; or name@version.")]
System = Annotated[Plain | None, Query(description="One imported system, or paidan.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What every report is asked: orders filed in a period, judged by a policy, in groups."""

    start: Start
    end: End
    by: By = "segment"
    policy: PolicyName = POLICY
    system: System = None

    def checked_policy(self, principal: Principal) -> Policy:
        """The policy, after a check that there is one and that the period ends after it starts."""
        found = policy_named(principal, self.policy, "query.policy").policy
        if self.end <= self.start:
            raise InvalidField("query.to", "must lie behind `from`", "须晚于 from")
        return found


Question = Annotated[Asked, Depends()]


@router.get("/api/reports/segments")
def segments(principal: Viewer, asked: Question) -> dict[str, Any]:
    """Segments against their limits: count, share, mean, quantiles, anomalies, unjudged."""
    policy = asked.checked_policy(principal)
    with read_session() as session:
        report = segment_report(
            session,
            principal.org_id,
            principal.access,
            policy,
            asked.start,
            asked.end,
            asked.by,
            system=asked.system,
            timezone=settings().timezone,
        )
    return report.as_json()


@router.get("/api/reports/distribution", response_model=Distribution)
def distributions(principal: Viewer, asked: Question) -> dict[str, Any]:
    """Segments as distributions: quantiles and bins, per segment and group."""
    policy = asked.checked_policy(principal)
    with read_session() as session:
        return distribution(
            session,
            principal.org_id,
            principal.access,
            policy,
            asked.start,
            asked.end,
            asked.by,
            system=asked.system,
        )


@router.get("/api/reports/orders", response_model=Behind)
def orders(
    principal: Viewer,
    start: Start,
    end: End,
    code: Annotated[Plain, Query(description="A segment of the policy.", examples=["AH"])],
    by: By = "segment",
    key: Annotated[Plain | None, Query(description="A group of `by`: one line's `key`.")] = None,
    outcome: Annotated[Outcome | None, Query(description="Empty: all.")] = None,
    spent_from: Annotated[float | None, Query(ge=0, description="Longer than, seconds.")] = None,
    spent_to: Annotated[float | None, Query(ge=0, description="At most, seconds.")] = None,
    policy: PolicyName = POLICY,
    system: System = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """The orders behind a figure, the longest overrun first."""
    judge = Asked(start, end, by, policy, system).checked_policy(principal)
    codes = [rule.code for rule in judge.rules]
    if code not in codes:
        raise InvalidField("query.code", f"one of {', '.join(codes)}")
    wanted = Wanted(code, by, key, outcome, spent_from, spent_to)
    with read_session() as session:
        found = orders_behind(
            session,
            principal.org_id,
            principal.access,
            judge,
            start,
            end,
            wanted,
            system=system,
            offset=offset,
            limit=limit,
        )
    eyes = viewer_of(principal).eyes
    return {**found, "rows": [place_seen(row, eyes) for row in found["rows"]]}
