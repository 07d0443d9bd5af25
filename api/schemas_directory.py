"""Answers of the API about customers, regions and the ground map."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api import examples

Importance = Literal["ordinary", "special", "first", "second", "temporary"]


class RegionRow(BaseModel):
    """A region and the centre that repairs there."""

    id: UUID
    code: str
    name_zh: str
    name_en: str
    centre_id: UUID | None
    centre_code: str | None
    centre_name_zh: str | None
    centre_name_en: str | None


class LineNodeRow(BaseModel):
    kind: Literal["substation", "feeder", "section", "transformer"]
    code: str
    name_zh: str
    name_en: str


class NearbyRow(BaseModel):
    """Open orders of customers below one device."""

    code: str
    count: int
    order_ids: list[UUID] = Field(description="The newest 20.")


class SupplyPointRow(BaseModel):
    """Where a customer is supplied."""

    premise_id: UUID
    address_zh: str
    address_en: str | None
    area_class: Literal["urban", "rural", "remote"]
    lat: float | None
    lon: float | None
    meter: str
    region: RegionRow | None
    line: list[LineNodeRow] = Field(description="Transformer first, substation last.")
    on_transformer: NearbyRow | None
    on_feeder: NearbyRow | None


class OpenOrderRow(BaseModel):
    """An order that is not closed, and what connects it with the caller."""

    id: UUID
    number: str
    state: str
    fault_code: str
    urgency: int
    filed_at: datetime
    centre_id: UUID | None
    place: str | None
    place_en: str | None
    because: Literal["customer", "premise", "phone"]


class ContactRow(BaseModel):
    """An earlier call of the phone, or ticket of the customer, and the order that came of it."""

    kind: Literal["call", "ticket"]
    id: UUID
    at: datetime
    state: str | None = Field(description="Of a call: ringing, in-progress, completed, no-answer…")
    ticket_id: UUID | None
    ticket_kind: str | None
    order_id: UUID | None
    order_number: str | None


class CallerNote(BaseModel):
    """What somebody wrote down about the customer."""

    words: str
    pinned: bool
    at: datetime


class CallerRow(BaseModel):
    """A customer of the phone that calls."""

    customer_id: UUID
    number: str = Field(description="The account number.")
    name_zh: str
    name_en: str | None
    importance: Importance = Field(description="重要电力用户: class of an important customer.")
    verified: bool = Field(description="The phone is known to be this customer's.")
    points: list[SupplyPointRow]
    orders: list[OpenOrderRow]
    contacts: list[ContactRow] = Field(description="Tickets of this account, newest first.")
    notes: list[CallerNote] = Field(description="Pinned ones first, then the newest; three.")


class CallerAnswer(BaseModel):
    """Who calls. Several customers may share a phone; important ones come first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CALLER]})

    number: str | None = Field(description="E.164; null where the number cannot be one.")
    customers: list[CallerRow]
    orders: list[OpenOrderRow] = Field(description="Told from this phone, whoever's they are.")
    contacts: list[ContactRow] = Field(description="Calls from this phone, newest first.")


class MapFeature(BaseModel):
    type: Literal["Feature"]
    properties: dict[str, str]
    geometry: dict[str, Any]


class BaseMapAnswer(BaseModel):
    """GeoJSON (RFC 7946), WGS-84; docs/board.md tells the properties."""

    type: Literal["FeatureCollection"]
    features: list[MapFeature]
