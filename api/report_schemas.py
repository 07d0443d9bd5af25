"""Answers of the reports. Lengths of time are seconds; times are ISO 8601, UTC."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas_order_page import Party
from api.schemas_orders import LostRow

By = Literal["segment", "centre", "crew", "hour", "party"]
Outcome = Literal["late", "within", "unjudged", "anomaly"]


class ScaleRow(BaseModel):
    """A segment of the policy and its bins, the same for all groups."""

    code: str
    name_zh: str
    name_en: str
    responsible: str
    subject: Literal["order", "hop", "assignment"]
    statistic: str = Field(description="What must keep the limit: max, mean, p90 …")
    limits: list[float] = Field(description="All limits that held, ascending.")
    edges: list[float] = Field(description="Each bin goes from its edge to the next.")


class BinRow(BaseModel):
    """How many lie in a bin, by outcome; `unlimited`: no limit is known for them."""

    within: int
    late: int
    unlimited: int


class DistributionLine(BaseModel):
    """One group and segment. Times are over `count`; the share over `judged`."""

    key: str
    key_zh: str
    key_en: str
    code: str
    count: int
    judged: int
    within: int
    late: int
    anomalies: int
    unjudged: int
    share: float | None
    adjusted_share: float | None = Field(description="After rulings: waived, given to others.")
    adjusted_late: int
    adjusted_mean_s: float | None
    ruled: int = Field(description="Segments that a ruling changed, brought here or took away.")
    met: bool | None
    mean_s: float | None
    p10_s: float | None
    p25_s: float | None
    median_s: float | None
    p75_s: float | None
    p90_s: float | None
    p95_s: float | None
    p99_s: float | None
    max_s: float | None
    bins: list[BinRow]


class Distribution(BaseModel):
    """Segments of a period as distributions. `orders`: the population that was looked at."""

    policy: str
    policy_version: int
    by: By
    from_: datetime = Field(alias="from")
    to: datetime
    timezone: str
    system: str | None
    orders: int
    quantiles: str = Field(description="How quantiles are made.")
    bins: str = Field(description="How bins are made.")
    scales: list[ScaleRow]
    lines: list[DistributionLine]


class BehindRow(BaseModel):
    """One segment that was counted, and its order. `lost`: all that took the order too long."""

    order_id: UUID
    number: str
    system: str
    place: str | None
    place_en: str | None
    filed_at: datetime
    code: str
    outcome: Outcome
    start: datetime | None
    end: datetime | None
    spent_s: float | None
    excluded_s: float
    limit_s: float | None
    over_s: float | None
    adjusted_over_s: float | None = Field(description="What is left of it after the ruling.")
    ruling: Literal["upheld", "waived", "reattributed"] | None
    ruled_party: str | None = Field(description="Of `reattributed`.")
    ruled_unit: Party | None
    doubtful: bool
    responsible: Party
    unit: Party | None = Field(description="The responsible centre or crew, where it is one.")
    lost: list[LostRow]


class Behind(BaseModel):
    """A page of the orders behind a figure; `total` of all pages."""

    policy: str
    policy_version: int
    from_: datetime = Field(alias="from")
    to: datetime
    total: int
    offset: int
    rows: list[BehindRow]
