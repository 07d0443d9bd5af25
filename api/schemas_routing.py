"""Bodies and answers of the API about routing."""

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from api.schemas import Body
from dispatch.directory.models import AREA_CLASSES
from dispatch.routing.words import DEVICE_CODES

Code = Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$")]
Device = Literal["service", "low_voltage", "medium_voltage"]
Area = Literal["urban", "rural", "remote"]
Minute = Annotated[int, Field(ge=0, lt=1440, strict=True)]
assert get_args(Device) == DEVICE_CODES
assert get_args(Area) == AREA_CLASSES


class TargetRow(BaseModel):
    """A centre and the trade that goes there."""

    centre_id: UUID
    trade: Code


class TargetBody(Body):
    centre_id: UUID
    trade: Code = Field("any", examples=["medium_voltage"])


class WhyRow(BaseModel):
    """One step of the decision."""

    code: Literal["row", "off_hours", "off_duty", "no_trade", "stand_in", "no_row", "nobody"]
    row_id: UUID | None
    zh: str
    en: str


class RoutingRowRow(BaseModel):
    """One row of the table; what is null holds for all."""

    id: UUID
    position: int
    region_id: UUID | None
    device: Device | None
    fault_code: str | None
    area_class: Area | None
    centre_id: UUID
    trade: str
    from_minute: int | None = Field(description="Duty hours of the centre: local minute of the day")
    to_minute: int | None = Field(description="Up to, not with; at or before `from`: next morning")
    weekdays: str = Field(description="1 Monday … 7 Sunday, the day on which the hours begin")
    stand_ins: list[TargetRow]
    version: int
    district: bool = Field(description="Follows from the districts; nobody wrote it.")


class ProposalAnswer(BaseModel):
    """Where an order goes, and why. `centre_id` null: nobody can take it now."""

    centre_id: UUID | None
    trade: str
    region_id: UUID | None
    row: RoutingRowRow | None = Field(description="The row that decided.")
    why: list[WhyRow]


class RowBody(Body):
    """What a row says; what is left out holds for all."""

    position: int = Field(
        0, ge=0, le=1_000_000, strict=True, description="1 is the highest; 0: last"
    )
    region_id: UUID | None = None
    device: Device | None = None
    fault_code: Code | None = Field(None, examples=["wires_down"])
    area_class: Area | None = None
    centre_id: UUID
    trade: Code = Field("any", examples=["medium_voltage"])
    from_minute: Minute | None = Field(None, examples=[480])
    to_minute: Minute | None = Field(None, examples=[1080])
    weekdays: Annotated[str, Field(pattern="^[1-7]{1,7}$")] = "1234567"
    stand_ins: Annotated[list[TargetBody], Field(max_length=8)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _hours(self) -> "RowBody":
        if (self.from_minute is None) != (self.to_minute is None):
            raise ValueError("from_minute and to_minute stand together")
        return self


class RowChangeBody(RowBody):
    version: int = Field(ge=1, le=2**62, strict=True, description="Of the row as you read it.")


class RowRemovalBody(Body):
    version: int = Field(
        ge=1, le=2**62, strict=True, description="Of the row as you read it.", examples=[1]
    )


class RoutingSettingsRow(BaseModel):
    release_after_s: float | None = Field(
        description="Seconds from filing until the system releases; null: never."
    )
    desk_grace_s: float = Field(description="Seconds a desk may be gone without being closed.")
    version: int


class RoutingSettingsBody(Body):
    release_after_s: Annotated[float, Field(ge=0, le=86_400, strict=True)] | None = Field(
        description="Seconds from filing until the system releases; null: never.", examples=[90]
    )
    desk_grace_s: Annotated[float, Field(ge=0, le=600, strict=True)] = Field(
        description="Seconds a desk may be gone without being closed.", examples=[5]
    )
    version: int = Field(
        ge=0, le=2**62, strict=True, description="Of the settings as you read them."
    )


class GapRow(BaseModel):
    """A fault that reaches nobody. `region_id` null: places in no district."""

    region_id: UUID | None
    fault_code: str
    area_class: Area
    at: datetime | None = Field(description="The first such moment of this week; null: always.")


class TableAnswer(BaseModel):
    """The rows in the order in which they stand, the written ones first."""

    rows: list[RoutingRowRow]
    settings: RoutingSettingsRow
