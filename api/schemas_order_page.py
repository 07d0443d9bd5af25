"""Answers of the API about one order in full: stamps, segments, receipts, links, history."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api import examples
from api.schemas_escalations import EscalationRow
from api.schemas_fleet import ShapeBody
from api.schemas_holds import HoldPage
from api.schemas_orders import OrderRow, SpenderRow

SegmentMark = Literal[
    "released_during_call", "broken_off", "calendar_ends", "negative", "doubtful", "excluded"
]


class Party(BaseModel):
    code: str
    name_zh: str
    name_en: str


class Evidence(BaseModel):
    kind: str
    ref: str | None


class StampRow(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.STAMP_ROW]})

    id: UUID
    point: str
    at: datetime
    recorded_at: datetime
    source: str
    by: str | None
    uncertainty_s: float
    evidence: Evidence
    hop_id: UUID | None
    assignment_id: UUID | None
    counts: bool = Field(description="The present judgement uses it.")
    correction_reason: str | None


class SegmentRow(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.SEGMENT_ROW]})

    code: str
    from_point: str
    to_point: str
    start: datetime | None
    end: datetime | None
    limit_s: float | None
    spent_s: float | None
    excluded_s: float
    state: Literal["done", "running", "pending", "unknown", "anomaly"]
    within: bool | None
    slack_s: float | None
    lent_s: float = Field(description="Left over by a segment that is done.")
    borrowed_s: float = Field(description="Taken beyond its limit.")
    responsible: Party
    marks: list[SegmentMark]


class Spent(BaseModel):
    responsible: Party
    spent_s: float
    over_s: float


class SlackRow(BaseModel):
    """What is left of the promise beyond the limits of the steps that are still to come."""

    spare_s: float | None = Field(description="Negative: somebody must be faster than the limits.")
    reserve_s: float | None = Field(description="Limit of the promise less those of its segments.")
    lent_s: float
    borrowed_s: float
    spender: SpenderRow | None
    leave_by: datetime | None = Field(description="The latest departure; null once departed.")
    travel_s: float | None = Field(description="Seconds reckoned for the journey.")
    travel_known: bool = Field(description="An estimate of this journey, not the policy's limit.")


class PromiseDetail(BaseModel):
    limit_s: float | None
    due_at: datetime | None
    left_s: float | None
    state: str
    spent_by: list[Spent]
    slack: SlackRow | None


class HistoryRow(BaseModel):
    at: datetime
    type: str
    by: str | None
    detail: dict[str, Any]


class ReceiptRow(BaseModel):
    hop: str
    purpose: str
    target_unit_id: UUID
    device: str | None
    status: str
    sent_at: datetime
    received_at: datetime | None
    attempts: int


class TicketRow(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.TICKET_ROW]})

    id: UUID
    number: str | None
    kind: str
    channel: str
    call_id: UUID | None
    filed_at: datetime
    clock_started_at: datetime | None
    caller_name: str | None
    caller_name_en: str | None = Field(description="Where the caller is the customer and has one.")
    caller_phone: str | None
    description: str | None
    customer_id: UUID | None


class Relative(BaseModel):
    """An order that this one follows on, or that follows on this one."""

    id: UUID
    number: str
    state: str
    relation: str | None
    trade: str
    appointment_at: datetime | None


class TicketPromise(BaseModel):
    """The promise to the customer of one ticket, from its own A."""

    rule: Literal["first", "own"] = Field(
        description="Whose arrival stops the clock, by the policy: the first one, or that of the "
        "attempt that runs for the order."
    )
    start: datetime
    arrival: datetime | None
    limit_s: float | None
    spent_s: float | None
    state: Literal["done", "running", "pending", "unknown", "anomaly"]
    within: bool | None
    mark: str | None = Field(description="`already_there`: the crew was there before this A.")


class SharingTicket(BaseModel):
    """A ticket of the order. Of those that give it its clock the first A counts."""

    id: UUID
    number: str | None
    kind: str
    state: str
    clock_started_at: datetime | None
    gives_clock: bool
    promise: TicketPromise | None


class ChaseUpRow(BaseModel):
    """催办: the customer asked again."""

    id: UUID
    at: datetime
    by: str | None
    call_id: UUID | None
    ticket_id: UUID | None


class OrderLinks(BaseModel):
    """What an order is connected with."""

    relation: str | None = Field(description="How it follows on its parent.")
    appointment_at: datetime | None
    begins_at: datetime | None = Field(description="Kept for later until then.")
    parent: Relative | None
    children: list[Relative]
    tickets: list[SharingTicket]
    chase_ups: list[ChaseUpRow]


class SiteRow(BaseModel):
    """What counts as being there. WGS-84."""

    lat: float
    lon: float
    drawn: bool = Field(description="Somebody drew it; else the circle by its uncertainty.")
    shape: ShapeBody


class OutgoingRow(BaseModel):
    """A message to a customer or the crew, or a call to the crew. `code`: why it failed."""

    id: UUID
    channel: Literal["sms", "voice"]
    template: str
    number: str = Field(description="Masked; blank where it was erased.")
    at: datetime = Field(description="When it was asked for.")
    state: str = Field(
        description="Of a message; of a call queued, sending, sent, ringing, answered, busy,"
        " no_answer, failed, cancelled or expired."
    )
    code: str | None


class OrderPage(BaseModel):
    """One order with every stamp, segment and receipt."""

    order: OrderRow
    ticket: TicketRow | None
    links: OrderLinks
    site: SiteRow | None = Field(description="What counts as being there; null: no place.")
    stamps: list[StampRow]
    segments: list[SegmentRow]
    promise: PromiseDetail
    holds: list[HoldPage]
    escalations: list[EscalationRow] = Field(description="Who was told of what, oldest first.")
    outgoing: list[OutgoingRow] = Field(
        description="Messages and calls about it, the oldest first."
    )
    history: list[HistoryRow]
    receipts: list[ReceiptRow]


class TrackDevice(BaseModel):
    id: UUID
    kind: Literal["terminal", "phone"]


class TrackPoint(BaseModel):
    at: datetime
    lat: float
    lon: float
    speed_kmh: float
    device_id: UUID = Field(description="The device that it came from.")


class TrackRow(BaseModel):
    """Where the vehicle of one attempt was. WGS-84."""

    assignment_id: UUID
    crew_id: UUID | None
    vehicle_id: UUID
    from_: datetime = Field(alias="from", description="The sending.")
    to: datetime
    positions: int = Field(description="How many there are; `points` may be fewer.")
    longest_gap_s: float = Field(description="The longest time without any.")
    devices: list[TrackDevice] = Field(description="Those that the positions came from.")
    points: list[TrackPoint]
