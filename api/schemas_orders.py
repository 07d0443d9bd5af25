"""Bodies and answers of the API about tickets and orders."""

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api import examples
from api.datum import InDatum
from api.schemas import Body, Moment, OneLine
from api.schemas_guides import GuidedBody
from dashboards.reference import FINDING_CODES, REMEDY_CODES
from dispatch.orders.rules import REASONS

Reason = Literal[
    "wrong_department", "wrong_place", "duplicate", "crew_unavailable", "safety", "other"
]
Finding = Literal[
    "fuse_blown",
    "switch_tripped",
    "cable_fault",
    "overhead_line",
    "joint_burnt",
    "meter_fault",
    "overload",
    "customer_side",
    "nothing_found",
    "other",
]
Remedy = Literal["replaced", "repaired", "switched_on", "made_safe", "told_customer", "nothing"]
OrderStateName = Literal[
    "scheduled", "filed", "released", "accepted", "assigned", "returned", "finished", "closed"
]
Urgency = Annotated[int, Field(ge=0, le=3, description="0 normal … 3 danger to life")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Place = Annotated[str, StringConstraints(min_length=1, max_length=500), OneLine]
PointSource = Literal[
    "pole",
    "cabinet",
    "transformer",
    "meter",
    "premise",
    "map_pin",
    "landmark",
    "geocoder",
    "substation",
    "section",
    "street",
    "caller_phone",
    "feeder",
    "region",
]
Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00]*$"),
]
Point = Literal["A", "B", "C", "D", "E", "F", "G", "H", "restored", "recorded"]
assert set(get_args(Reason)) == set(REASONS)
assert get_args(Finding) == FINDING_CODES
assert get_args(Remedy) == REMEDY_CODES


class OrderBody(InDatum):
    ticket_id: UUID
    fault_code: Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$", examples=["no_power_building"])]
    place: Place = Field(examples=["景山街道 12 号楼"])
    place_en: Place | None = Field(
        None, description="The same in English, where known.", examples=["Block 12, Jingshan"]
    )
    lat: float | None = Field(
        None, ge=-90, le=90, strict=True, description="With lon.", examples=[39.9239]
    )
    lon: float | None = Field(
        None, ge=-180, le=180, strict=True, description="With lat.", examples=[116.3966]
    )
    source: PointSource | None = Field(
        None, description="Where lat and lon are from; empty: map_pin.", examples=["meter"]
    )
    uncertainty_m: float | None = Field(
        None, gt=0, le=50_000, allow_inf_nan=False, description="Metres; empty: that of its source."
    )
    premise_id: UUID | None = Field(
        None, description="The point is from this premise; without lat, lon its own is taken."
    )
    meter: Code | None = Field(None, description="The same by a meter's number.")
    node: Code | None = Field(
        None, description="The same by a pole's, cabinet's or other device's number."
    )
    area_class: Literal["urban", "rural", "remote"] = "urban"
    urgency: Urgency | None = Field(
        None, description="Empty: what the ticket's guide says, or 0.", examples=[1]
    )
    trade: Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$", examples=["low_voltage"])] | None = (
        Field(None, description="Empty: what the ticket's guide says, or any.")
    )
    guide: GuidedBody | None = Field(
        None, description="Answers that were asked for now; only where the ticket has none yet."
    )


class ReleaseBody(Body):
    centre_id: UUID = Field(examples=["01a20037-08c2-7366-b53b-6b86f3b69262"])


class DispatchBody(Body):
    crew_id: UUID = Field(examples=["01a20037-09ab-77e4-b93e-9bd7d8e17efa"])


class ReasonBody(Body):
    reason: Reason = Field(examples=["wrong_department"])


class TapBody(Body):
    """An act of a crew. A phone without signal sends it later, with the time of the tap."""

    at: Moment | None = Field(None, description="When it was tapped, with time zone; empty: now.")


class PlacedTapBody(TapBody, InDatum):
    """Departed or arrived; a phone that knows where it is says so."""

    lat: float | None = Field(None, ge=-90, le=90, description="Of the phone, with lon.")
    lon: float | None = Field(None, ge=-180, le=180, description="Of the phone, with lat.")
    accuracy_m: float | None = Field(None, ge=0, le=100_000, description="As the phone has it.")


class CrewReturnBody(TapBody):
    reason: Reason = Field(examples=["wrong_department"])


class FinishBody(TapBody):
    found: Finding | None = Field(None, description="What was found.", examples=["fuse_blown"])
    done: Remedy | None = Field(None, description="What was done.", examples=["replaced"])


class CloseBody(Body):
    outcome: Literal["repaired", "made_safe", "customer_side", "duplicate", "cancelled"] = Field(
        "repaired",
        description="`repaired` only where a crew finished it; `made_safe` where an order that "
        "repairs it follows on.",
        examples=["repaired"],
    )


class CorrectionBody(Body):
    point: Point
    at: Moment
    reason: Annotated[str, Field(pattern="^[a-z0-9_]{1,60}$", examples=["clock_was_wrong"])]
    assignment_id: UUID | None = None


class Hop(BaseModel):
    id: UUID
    attempt: int
    sent_at: datetime
    received_at: datetime | None
    accepted_at: datetime | None
    attempts: int
    automatic: bool = Field(description="The system released it, as no lead acted in time.")


class ReleaseRow(BaseModel):
    """The order waits for a lead; at `due_at` the system releases it by itself."""

    state: Literal["waiting", "stuck"] = Field(
        description="`stuck`: the routing table named nobody; an alarm runs, it is tried again."
    )
    due_at: datetime
    stuck_since: datetime | None


class ReachRow(BaseModel):
    """A crew that did not take its order was told beside its screens."""

    calls: int = Field(description="Calls that were asked for.")
    heard_at: datetime | None = Field(description="Somebody picked up.")
    outcome: Literal["accepted", "returned", "recalled", "unreached"] | None = Field(
        description="How it ended; unreached: nobody answered, somebody must act."
    )


class AssignmentRow(BaseModel):
    id: UUID
    attempt: int
    state: str
    crew_id: UUID | None
    vehicle_id: UUID | None
    sent_at: datetime | None
    received_at: datetime | None
    accepted_at: datetime | None
    departed_at: datetime | None
    arrived_at: datetime | None
    queued: bool
    called: ReachRow | None
    attempts: int


class Holder(BaseModel):
    code: Literal["hotline", "centre", "crew", "network", "none"]
    unit_id: UUID | None
    since: datetime | None


class Running(BaseModel):
    segment: str = Field(
        description="A segment, or what holds its clock: queued, detour, desk_closed, or a "
        "hold by its kind."
    )
    from_: datetime | None = Field(alias="from")
    limit_s: float | None
    due_at: datetime | None
    responsible: str
    unit_id: UUID | None = Field(description="The responsible centre or crew, where it is one.")


class LostRow(BaseModel):
    """A segment that took longer than its limit, or an interval that held its clock."""

    kind: Literal["segment", "queued", "detour", "desk_closed", "hold"]
    code: str
    responsible: str = Field(description="The policy's party.")
    unit_id: str | None = Field(description="Its centre or crew; a code in imported records.")
    start: datetime
    spent_s: float
    limit_s: float | None
    over_s: float
    earlier: bool = Field(description="In an attempt given up; the detour holds the time already.")
    doubtful: bool = Field(description="The overrun lies within the stamps' uncertainty.")


class SpenderRow(BaseModel):
    """Who took most of what the promise had to spare."""

    code: str = Field(description="A segment, or queued, detour, desk_closed.")
    responsible: str
    over_s: float


class ForecastRow(BaseModel):
    """What is expected of a promise that runs."""

    level: Literal["calm", "risk", "unknown"]
    probability: float | None = Field(description="Of meeting it, 0 to 1.")
    expected_at: datetime | None = Field(description="When the arrival is expected.")
    sd_s: float | None = Field(description="One standard deviation of that, seconds.")
    journey: str | None = Field(description="Whose word the journey's time is: policy, or a way.")
    at_best: bool = Field(description="Something is still open that may last.")
    unknown: str | None = Field(description="Why nothing can be said: position, held, limit.")
    spender: str | None = Field(description="The segment or interval that took most.")
    responsible: str | None
    since: datetime | None = Field(description="Since when it has been at risk.")


class PromiseRow(BaseModel):
    due_at: datetime | None
    limit_s: float | None
    state: Literal["running", "met", "broken", "unknown"]
    leave_by: datetime | None = Field(
        description="The latest departure that meets it; null once the crew has departed."
    )
    spender: SpenderRow | None = Field(description="Of what is over; what runs comes on top.")
    forecast: ForecastRow | None = Field(description="Null where no promise runs.")


class Alert(BaseModel):
    id: UUID
    code: str
    kind: Literal["breach", "alarm"]
    owner: str = Field(description="The party that has to act.")
    since: datetime | None
    acknowledged: bool
    running: bool
    late_s: float | None = Field(
        default=None,
        description="Seconds that the system itself noticed it late: the clock that it runs on, a"
        " sweep or database that stood still. Nobody else answers for them.",
    )


class SoundRow(BaseModel):
    """A step of a ladder that somebody is to hear until the ladder ends."""

    id: UUID
    unit_id: UUID | None
    user_id: UUID | None = Field(description="The person, where one was chosen.")


class HoldRow(BaseModel):
    """Time in which an order's clocks stand still, or may do so when somebody approves."""

    id: UUID
    kind: str
    state: Literal["requested", "approved", "refused"]
    responsible: str
    assignment_id: UUID | None
    asked_role: str
    asked_at: datetime
    begun_at: datetime
    cap_at: datetime | None = Field(description="It ends by itself then.")
    ended_at: datetime | None
    how: Literal["crew", "desk", "cap", "went_on", "over"] | None = Field(
        description="How it ended: by a word, by its cap, because the work went on or was over."
    )
    reason: str | None = Field(description="Why it was refused.")


class OrderRow(BaseModel):
    """One order as the board shows it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ORDER_ROW]})

    id: UUID
    number: str
    kind: str
    fault_code: str
    place: str | None
    place_en: str | None
    lat: float | None
    lon: float | None
    place_source: str | None = Field(description="What the point is from: meter, map_pin, crew…")
    uncertainty_m: float | None = Field(description="Radius in metres that holds the fault.")
    area_class: str
    urgency: int
    trade: str
    state: str
    filed_at: datetime
    centre_id: UUID | None
    hop: Hop | None
    release: ReleaseRow | None
    assignment: AssignmentRow | None
    holder: Holder
    points: dict[str, datetime | None]
    running: Running | None
    lost: list[LostRow]
    promise: PromiseRow
    alerts: list[Alert]
    sounds: list[SoundRow] = Field(description="For whose ears, while a ladder stands.")
    holds: list[HoldRow] = Field(description="Those that last, or that somebody has to decide.")
    chase_ups: int
    recall_unconfirmed: bool
    version: int
