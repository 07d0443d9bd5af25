"""Reports."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from api.deps import Need
from api.schemas import Moment, Plain
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from core.settings import settings
from dashboards.reports.segments import segment_report
from dispatch.orders.service import POLICY
from sla.policy import load_policy, policy_names

router = APIRouter(tags=["reports"])


@router.get("/api/reports/segments")
def segments(
    principal: Annotated[Principal, Depends(Need(Right.REPORT_VIEW))],
    start: Annotated[Moment, Query(alias="from", examples=["2026-11-01T00:00:00Z"])],
    end: Annotated[Moment, Query(alias="to", examples=["2026-12-01T00:00:00Z"])],
    by: Literal["segment", "centre", "crew", "hour"] = "segment",
    policy: Annotated[str, Query(description="Name of a shipped policy.")] = POLICY,
    system: Annotated[Plain | None, Query(description="One imported system, or paidan.")] = None,
) -> dict[str, Any]:
    """Segments against their limits: count, share, mean, quantiles, anomalies, unjudged."""
    if policy not in policy_names():  # a name, never a file of the server
        raise InvalidField("query.policy", f"one of {', '.join(policy_names())}")
    if end <= start:
        raise InvalidField("query.to", "must lie behind `from`", "须晚于 from")
    with read_session() as session:
        report = segment_report(
            session,
            principal.org_id,
            principal.access,
            load_policy(policy),
            start,
            end,
            by,
            system=system,
            timezone=settings().timezone,
        )
    return report.as_json()
