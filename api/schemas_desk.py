"""Answers of the API that a screen starts with: the board's rows, the codes with their names."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api import examples
from api.schemas import RATE, Named
from api.schemas_help import HelpRow
from api.schemas_orders import OrderRow


class CrewRow(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.CREW_ROW]})

    id: UUID
    code: str
    name_zh: str
    name_en: str
    centre_id: UUID | None
    trade: str
    state: Literal["free", "busy", "away"]
    active_order: str | None
    next_order: str | None = Field(description="The first of its queue.")
    queue: int
    away_reason: str | None
    away_since: datetime | None
    away_until: datetime | None = Field(description="The expected return.")
    away_note: str | None
    overdue_since: datetime | None = Field(description="The expected return, once it has passed.")
    stand_in_id: UUID | None = Field(description="The crew that takes its work while it is away.")
    stands_in_for: list[UUID] = Field(description="Absent crews whose work it takes.")
    voltage_classes: list[str] = Field(description="kV; none: whatever its trade takes.")
    vehicle_id: UUID | None


class SilenceTold(BaseModel):
    """The last attempt to tell the crew that a device is silent."""

    channel: Literal["screen", "sms"] = Field(description="Its own page where that is open.")
    attempt: int = Field(description="From 1.")
    state: Literal["waiting", "sending", "sent", "failed", "unavailable", "cancelled"]
    reason: str | None = Field(description="Why it was not sent.")
    at: datetime


class SilentDevice(BaseModel):
    """A terminal or phone that is quiet for longer than its own rhythm."""

    id: UUID
    kind: Literal["terminal", "phone"]
    since: datetime = Field(description="When it was last seen.")
    told: SilenceTold | None = Field(description="Null: nobody was told.")


class ApartDevice(BaseModel):
    """A phone, or terminal, far from the vehicle that it belongs to while both report."""

    id: UUID
    kind: Literal["terminal", "phone"]
    since: datetime = Field(description="When it was said.")


class VehicleRow(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [examples.VEHICLE_ROW]})

    id: UUID
    plate: str
    crew_id: UUID | None
    centre_id: UUID | None
    lat: float | None
    lon: float | None
    speed_kmh: float | None
    course_deg: float | None
    fix_at: datetime | None
    quiet_at: datetime | None = Field(
        description="Without another word the position counts as unknown from then on."
    )
    silent_since: datetime | None = Field(
        description="It is on record that nobody hears it; when it was last seen. Null: no."
    )
    silent_on_duty: bool | None = Field(
        description="Its crew is on duty meanwhile. Null: none of its devices is silent."
    )
    silent_devices: list[SilentDevice]
    source: Literal["terminal", "phone"] | None = Field(
        description="Kind of the device that says where it is. Null: it was never seen."
    )
    apart: list[ApartDevice] = Field(description="Its devices that are not with it.")


class DeskRow(BaseModel):
    """Whether somebody sits at a centre's screen."""

    open: bool
    since: datetime = Field(description="Open, or closed, from then on.")
    on_duty: bool | None = Field(
        description="Of a closed desk: by the roster somebody should be there. Null: it is open."
    )


class Centre(BaseModel):
    id: UUID
    code: str
    name_zh: str
    name_en: str
    desk: DeskRow | None = Field(description="Null where it is not known, or not yours to see.")


class PolicyRef(BaseModel):
    code: str
    version: int


class Snapshot(BaseModel):
    """All rows of a live topic and the number of its last delta."""

    topic: str
    number: int
    server_time: datetime
    rate: float = Field(description=RATE)
    orders: list[OrderRow]
    crews: list[CrewRow]
    vehicles: list[VehicleRow]
    centres: list[Centre]
    help: list[HelpRow] = Field(description="Calls for help that nobody has ended.")
    policy: PolicyRef


class Fault(Named):
    trade: str


class HoldKindRow(Named):
    """A reason for which an order's clocks may stand still."""

    most_s: float | None = Field(description="Seconds that one hold may last.")


class Reference(BaseModel):
    """Codes with their names in both languages."""

    fault_codes: list[Fault]
    reasons: list[Named]
    away_reasons: list[Named]
    unmask_reasons: list[Named] = Field(description="Why somebody looks at a masked value.")
    findings: list[Named] = Field(description="What a crew may have found.")
    remedies: list[Named] = Field(description="What a crew may have done about it.")
    trades: list[Named]
    points: list[Named]
    segments: list[Named]
    holds: list[HoldKindRow]
    parties: list[Named]
