"""Answers of the API about what was found, and about one device of the network."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas_directory import Importance, RegionRow

Kind = Literal[
    "customer",
    "premise",
    "line",
    "transformer",
    "pole",
    "cabinet",
    "region",
    "order",
    "ticket",
    "unit",
]
NodeKind = Literal["substation", "feeder", "section", "transformer", "pole", "cabinet"]


class Found(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ReasonRow(Found):
    """Why a hit was found: one for each word."""

    field: Literal[
        "name",
        "name_en",
        "account",
        "meter",
        "phone",
        "address",
        "address_en",
        "code",
        "pinyin",
        "initials",
        "region",
    ]
    word: str = Field(description="What was typed, letters and digits of one case and width.")
    matched: str = Field(description="The piece of the field that fits, in the same form.")
    level: Literal[1, 2, 3] = Field(description="3 the whole field, 2 its beginning, 1 inside.")
    value: str | None = Field(description="Of meters and phones: the whole, masked where need be.")


class DutyContact(Found):
    """Whom to call for repairs."""

    centre_id: UUID
    code: str
    name_zh: str
    name_en: str
    phone: str | None = Field(description="E.164: of the desk, else of who is on duty there.")
    on_duty: bool
    leader: str | None = Field(description="The first leader by rank.")
    leader_phone: str | None


class DeviceRow(Found):
    id: UUID
    kind: NodeKind
    code: str
    name_zh: str
    name_en: str


class HitRow(Found):
    """One thing found."""

    kind: Kind
    id: UUID
    code: str = Field(description="Number of account or order; code of device, region, unit.")
    title_zh: str
    title_en: str | None
    subtitle_zh: str | None
    subtitle_en: str | None
    importance: Importance
    state: str | None = Field(description="Of an account: active, in_arrears…; of an order.")
    detail: str | None = Field(description="Kind of a device or unit; fault code of an order.")
    why: list[ReasonRow]
    open_orders: int | None = Field(description="Of a customer: orders that are not closed.")
    region: RegionRow | None
    contact: DutyContact | None = Field(description="Of a region: its repair contact now.")
    devices: list[DeviceRow] = Field(description="Above it, the nearest first.")


class SearchAnswer(Found):
    """Hits by kind, the kind of the best hit first; in each the best first."""

    hits: list[HitRow]
    more: list[Kind] = Field(description="Kinds of which there are more: add a word.")


class ImportantRow(Found):
    id: UUID
    number: str
    name_zh: str
    name_en: str | None
    importance: Importance
    account_state: str
    transformer_code: str


class NodeOrderRow(Found):
    id: UUID
    number: str
    state: str
    fault_code: str
    urgency: int
    filed_at: datetime
    centre_id: UUID | None
    place: str | None
    place_en: str | None


class NodeAnswer(Found):
    """One device: what is above it, whom it supplies, what is open below it."""

    id: UUID
    kind: NodeKind
    code: str
    name_zh: str
    name_en: str
    lat: float | None
    lon: float | None
    above: list[DeviceRow] = Field(description="The nearest first, the substation last.")
    transformers: int = Field(description="All below, itself included.")
    customers: int = Field(description="All that are supplied through it.")
    important_count: int
    important: list[ImportantRow] = Field(description="The first 50, by class.")
    open_order_count: int
    open_orders: list[NodeOrderRow] = Field(description="The newest 20.")
