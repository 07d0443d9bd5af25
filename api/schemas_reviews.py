"""Bodies and answers of the API about breaches, their reviews, and anomalies."""

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import Body
from api.schemas_order_page import OrderPage
from api.schemas_orders import Text
from dispatch.reviews.rules import APPEALS, RULINGS
from sla.anomaly_queue import EXPLANATIONS

AppealReason = Literal[
    "not_reachable", "weather", "traffic", "wrong_dispatch", "device_failed", "evidence", "other"
]
RulingCode = Literal["upheld", "waived", "reattributed"]
Explanation = Literal["device_clock", "late_entry", "evidence_lost", "other"]
ListState = Literal["running", "breached", "open", "appealed", "ruled", "withdrawn"]
assert get_args(AppealReason) == APPEALS
assert get_args(RulingCode) == RULINGS
assert get_args(Explanation) == EXPLANATIONS


class AppealBody(Body):
    reason: AppealReason
    words: Text = Field(examples=["到达时小区大门封闭，物业 20 分钟后开门"])


class RuleBody(Body):
    ruling: RulingCode
    words: Text = Field(examples=["物业记录属实，豁免 20 分钟"])
    waived_s: float = Field(0.0, ge=0, le=864_000, description="Seconds, of `waived`.")
    party: Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$")] | None = Field(
        None, description="Of `reattributed`: a party of the policy."
    )
    unit: UUID | None = Field(None, description="Of `reattributed`: its centre or crew.")


class ExplainBody(Body):
    reason: Explanation
    words: Text | None = None


class ReviewRow(BaseModel):
    """A breach under review. Raw figures are never changed: the adjusted ones stand beside them."""

    id: UUID
    order_id: UUID
    number: str
    order_state: str
    centre_id: UUID | None
    code: str
    limit_s: float
    due_at: datetime
    opened_at: datetime
    stopped_at: datetime | None
    withdrawn_at: datetime | None = Field(description="It turned out not to have happened.")
    over_s: float | None = Field(description="By the stamps; empty while it runs.")
    adjusted_over_s: float | None = Field(description="After the ruling.")
    party: str
    unit: str | None
    cause: str | None = Field(description="The segment or interval that took the time.")
    state: Literal["open", "appealed", "ruled"]
    appealed_at: datetime | None
    appeal_reason: str | None
    ruled_at: datetime | None
    ruling: RulingCode | None
    waived_s: float
    ruled_party: str | None
    ruled_unit: str | None
    files: int


class ReviewCounts(BaseModel):
    running: int
    breached: int
    open: int
    appealed: int
    ruled: int
    withdrawn: int
    anomalies: int


class ReviewList(BaseModel):
    rows: list[ReviewRow]
    counts: ReviewCounts
    most: int = Field(description="Rows of one answer, at most.")


class ReviewFile(BaseModel):
    id: UUID
    name: str
    content_type: str
    size: int
    attached_at: datetime


class ReviewDetail(ReviewRow):
    appealed_by: str | None
    appeal_words: str | None
    ruled_by: str | None
    ruling_words: str | None
    attachments: list[ReviewFile]


class OtherReview(BaseModel):
    id: UUID
    code: str
    withdrawn_at: datetime | None


class OddStamp(BaseModel):
    at: datetime
    recorded_at: datetime
    source: str
    assignment_id: UUID | None


class AnomalyRow(BaseModel):
    """Something that cannot be, until a correction puts it right or somebody explains it."""

    id: UUID
    order_id: UUID
    number: str
    centre_id: UUID | None
    kind: Literal["negative", "ahead", "before_sent", "old", "disagree"]
    code: str = Field(description="A segment, or a point.")
    subject_id: UUID
    amount_s: float = Field(description="By how much.")
    state: Literal["open", "resolved", "explained"]
    opened_at: datetime
    closed_at: datetime | None
    reason: str | None
    stamp: OddStamp | None


class ReviewPage(BaseModel):
    """A review with its evidence: the whole order."""

    review: ReviewDetail
    others: list[OtherReview] = Field(description="Of the same order.")
    anomalies: list[AnomalyRow]
    page: OrderPage
