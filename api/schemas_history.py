"""Calibration and what-if: bodies and answers. Lengths are seconds; times are ISO 8601, UTC."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from api.report_schemas import By
from api.schemas import Body, Moment, Plain

Dimension = Literal["area", "hour", "fault_class"]
Hindrance = Literal["too_few", "no_limit", "lead", "working_days"]
Outcome = Literal["met", "breached", "unjudged", "anomaly", "absent"]
Name = Annotated[str, Field(min_length=1, max_length=60)]


class GroupKey(BaseModel):
    """One part of a group; an empty key: not known."""

    by: Dimension
    key: str
    name_zh: str
    name_en: str


class LeftOut(BaseModel):
    """How many observations say nothing sure, by reason."""

    unknown: int
    anomaly: int
    doubtful: int
    running: int
    released_during_call: int


class CalibrationLine(BaseModel):
    """One limit of a segment in one group: today's and the proposed one on the same data."""

    code: str
    name_zh: str
    name_en: str
    responsible: str
    chain: bool = Field(description="A segment of the chain, not the total or a goal.")
    limit: int | None = Field(description="Which of its limits, from 0; null: none fits.")
    when: dict[str, Any] = Field(description="On which conditions that limit holds.")
    group: list[GroupKey]
    today_s: float | None
    today_source: str | None
    today_confidence: str | None
    count: int
    typical_s: float | None
    low_s: float | None
    high_s: float | None
    coverage: float | None = Field(description="How surely the true quantile lies between them.")
    exact_s: float | None = Field(description="Typical plus one minute.")
    proposed_s: float | None = Field(description="The same, up to a whole minute.")
    judged: int
    today_late: int
    today_share: float | None
    proposed_late: int | None
    proposed_share: float | None
    hindrance: Hindrance | None = Field(description="Why nothing is proposed.")
    left_out: LeftOut
    edges: list[float] = Field(description="Each bin goes from its edge to the next.")
    bins: list[int]


class CalibrationAnswer(BaseModel):
    """Typical times of a period. `covered`: orders that the policy applies to."""

    policy: str
    policy_version: int
    from_: datetime = Field(alias="from")
    to: datetime
    timezone: str
    system: str | None
    orders: int
    covered: int
    by: list[Dimension]
    quantile: float
    level: float
    least: int
    quantiles: str = Field(description="How quantiles are made.")
    lines: list[CalibrationLine]
    document: str | None = Field(
        description="The next version of the policy with the limits of `change`, where asked for."
    )


class WhatIfBody(Body):
    """Which orders, judged by which policy instead of which: a name, or a document to try."""

    policy: Name | None = Field(None, description="A name, or name@version.")
    document: Annotated[str, Field(min_length=1, max_length=200_000)] | None = Field(
        None, description="TOML of a policy that is not kept yet."
    )
    against: Name = "beijing"
    from_: Moment = Field(alias="from", examples=["2026-11-01T00:00:00Z"])
    to: Moment = Field(examples=["2026-12-01T00:00:00Z"])
    by: By = "segment"
    system: Plain | None = None
    everywhere: bool = Field(False, description="Also orders that it does not apply to.")
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Field(ge=0, le=500)] = 50

    @model_validator(mode="after")
    def _one_policy(self) -> "WhatIfBody":
        if (self.policy is None) == (self.document is None):
            raise ValueError("either policy or document")
        return self


class WhatIfLine(BaseModel):
    """One group and segment before and after. Shares are over what was judged."""

    key: str
    key_zh: str
    key_en: str
    code: str
    name_zh: str
    name_en: str
    met_to_breached: int
    breached_to_met: int
    changed: int
    met_before: int
    breached_before: int
    unjudged_before: int
    anomaly_before: int
    absent_before: int
    share_before: float | None
    met_after: int
    breached_after: int
    unjudged_after: int
    anomaly_after: int
    absent_after: int
    share_after: float | None


class WhatIfRow(BaseModel):
    """A segment that comes out otherwise."""

    order_id: str
    number: str
    system: str
    filed_at: datetime
    code: str
    before: Outcome
    after: Outcome
    spent_before_s: float | None
    limit_before_s: float | None
    spent_after_s: float | None
    limit_after_s: float | None


class WhatIfAnswer(BaseModel):
    """What comes out otherwise. `changes`: of all pages."""

    against: str
    against_version: int
    policy: str
    policy_version: int
    by: By
    from_: datetime = Field(alias="from")
    to: datetime
    timezone: str
    system: str | None
    orders: int
    covered: int
    orders_changed: int
    changes: int
    lines: list[WhatIfLine]
    offset: int
    rows: list[WhatIfRow]
