"""Bodies and answers of the API about places: candidates, duplicates, corrections, proposals."""

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api import examples
from api.datum import InDatum
from api.schemas import Body, Named
from api.schemas_fleet import ShapeBody
from api.schemas_orders import TapBody, Text
from dispatch.places.proposals import REFUSAL_CODES

Lat = Annotated[float, Field(ge=-90, le=90, strict=True, examples=[39.9239])]
Lon = Annotated[float, Field(ge=-180, le=180, strict=True, examples=[116.3966])]
Metres = Annotated[float, Field(gt=0, le=50_000, allow_inf_nan=False, description="Metres.")]
Refusal = Literal["directory_right", "another_place", "too_uncertain", "other"]
assert get_args(Refusal) == REFUSAL_CODES


class RegionName(BaseModel):
    id: UUID
    code: str
    name_zh: str
    name_en: str
    centre_id: UUID | None
    centre_name_zh: str | None
    centre_name_en: str | None


class CandidateRow(BaseModel):
    """A place that may be meant."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CANDIDATE]})

    lat: float
    lon: float
    source: str = Field(description="pole, cabinet, meter, premise, street, region, geocoder…")
    source_zh: str
    source_en: str
    uncertainty_m: float = Field(description="Radius of the circle that holds the fault.")
    label_zh: str
    label_en: str
    why_zh: str = Field(description="Which words or numbers led to it.")
    why_en: str
    region: RegionName | None
    premise_id: UUID | None
    node_id: UUID | None
    node: str | None = Field(description="The device's number.")
    customer_id: UUID | None


class ReasonRow(BaseModel):
    code: str
    zh: str
    en: str


class DuplicateRow(BaseModel):
    """An open order, or a ticket without one, that may be of the same fault."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DUPLICATE]})

    kind: Literal["order", "ticket"]
    order_id: UUID | None
    ticket_id: UUID | None
    number: str | None
    state: str | None
    fault_code: str | None
    place: str | None
    place_en: str | None
    filed_at: datetime
    score: float = Field(description="0 to 1; below 0.25 nothing is proposed.")
    distance_m: float | None
    minutes: float
    reasons: list[ReasonRow]


class SiteBody(Body):
    """What counts as being at the order's place; null: the circle that its uncertainty makes."""

    shape: ShapeBody | None = Field(
        examples=[{"kind": "circle", "lat": 39.9239, "lon": 116.3966, "radius_m": 60}]
    )


class PlaceBody(TapBody, InDatum):
    """Where the fault is, as the crew found it."""

    lat: Lat
    lon: Lon
    uncertainty_m: Metres | None = Field(
        None, description="The phone's accuracy, or how well the pin is meant; empty: 15.", gt=0
    )
    note: Text | None = Field(None, description="The crew's words.", examples=["后院第二根电杆"])


class RefuseBody(Body):
    reason: Refusal = Field(examples=["directory_right"])


class PlacePoint(BaseModel):
    lat: float
    lon: float


class ProposalRow(BaseModel):
    """A crew stood elsewhere than the directory's point."""

    id: UUID
    subject: Literal["premise", "node"]
    subject_id: UUID
    code: str | None = Field(description="Number of the premise or device.")
    name_zh: str | None
    name_en: str | None
    order_id: UUID
    order_number: str
    old: PlacePoint | None = Field(description="The directory's point; null: it had none.")
    new: PlacePoint
    uncertainty_m: float
    distance_m: float | None
    note: str | None
    state: Literal["open", "accepted", "refused", "superseded"]
    made_at: datetime
    made_by: str | None
    decided_at: datetime | None
    decided_by: str | None
    reason: Refusal | None


class ProposalList(BaseModel):
    proposals: list[ProposalRow]
    open: int = Field(description="Waiting for a decision.")
    refusals: list[Named]
