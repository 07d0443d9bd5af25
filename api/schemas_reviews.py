"""Bodies and answers of the API about breaches, their reviews, and anomalies."""

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import RATE, Body
from api.schemas_order_page import OrderPage, SiteRow, TrackRow
from api.schemas_orders import Text
from api.schemas_tickets import TicketPage
from dispatch.reviews.rules import APPEALS, RULINGS
from sla.anomalies import KINDS
from sla.anomaly_queue import EXPLANATIONS

AppealReason = Literal[
    "not_reachable", "weather", "traffic", "wrong_dispatch", "device_failed", "evidence", "other"
]
RulingCode = Literal["upheld", "waived", "reattributed"]
Explanation = Literal["device_clock", "late_entry", "evidence_lost", "other"]
ListState = Literal["running", "breached", "open", "appealed", "ruled", "withdrawn"]
assert get_args(AppealReason) == APPEALS
assert get_args(RulingCode) == RULINGS
AnomalyKind = Literal[
    "negative", "ahead", "before_sent", "old", "disagree", "no_arrival", "far_tap"
]
assert get_args(Explanation) == EXPLANATIONS
assert get_args(AnomalyKind) == KINDS


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
    order_id: UUID | None = Field(description="Of an order; else of a ticket.")
    ticket_id: UUID | None
    number: str | None
    holder_id: UUID | None = Field(description="The centre or department that has it now.")
    code: str
    limit_s: float
    due_at: datetime
    opened_at: datetime
    stopped_at: datetime | None
    withdrawn_at: datetime | None = Field(description="It turned out not to have happened.")
    late_s: float | None = Field(
        description="So much later than the deadline the system noticed it: nobody's fault but its."
    )
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
    kind: AnomalyKind
    code: str = Field(description="A segment, or a point.")
    subject_id: UUID
    amount_s: float = Field(description="By how much.")
    amount_m: float | None = Field(description="How far beyond the edge of the site.")
    state: Literal["open", "resolved", "explained"]
    opened_at: datetime
    closed_at: datetime | None
    reason: str | None
    stamp: OddStamp | None


class SeenStamp(BaseModel):
    """What one of the two says: the stamp, and where it was seen from. WGS-84."""

    at: datetime
    recorded_at: datetime
    source: str
    by: str | None
    uncertainty_s: float
    correction_reason: str | None
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    distance_m: float | None = Field(description="From the order's point.")


class Whereabouts(BaseModel):
    """Where the vehicle was. WGS-84."""

    at: datetime
    lat: float
    lon: float
    distance_m: float | None = Field(description="From the order's point.")


class AnomalyEvidence(BaseModel):
    """An anomaly about a point, with what GPS and the crew say about it, and the track."""

    anomaly: AnomalyRow
    limit_s: float | None = Field(description="How far apart the two may be.")
    site: SiteRow | None
    gps: SeenStamp | None
    tap: SeenStamp | None
    at_tap: Whereabouts | None = Field(description="Where the vehicle was at the time of the tap.")
    nearest: Whereabouts | None = Field(description="Where it was nearest to the order's point.")
    track: TrackRow | None


class ReviewPage(BaseModel):
    """A review with its evidence: the whole order, or the ticket."""

    review: ReviewDetail
    others: list[OtherReview] = Field(description="Of the same order or ticket.")
    anomalies: list[AnomalyRow]
    page: OrderPage | None
    ticket: TicketPage | None


class BreachSnapshot(BaseModel):
    """All rows of the live topic `breaches` and the number of its last delta."""

    topic: str
    number: int
    server_time: datetime
    rate: float = Field(description=RATE)
    since: datetime = Field(description="Breaches whose deadline lies behind it.")
    more: bool = Field(description="Older ones of the period were left out.")
    reviews: list[ReviewRow]
    anomalies: list[AnomalyRow]
