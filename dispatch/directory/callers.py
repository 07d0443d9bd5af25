"""What is known of a caller, as values: who, where, on which line, what is going on there."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RegionOf:
    """A region and the centre that repairs there."""

    id: UUID
    code: str
    name_zh: str
    name_en: str
    centre_id: UUID | None
    centre_code: str | None
    centre_name_zh: str | None
    centre_name_en: str | None


@dataclass(frozen=True, slots=True)
class LineNode:
    """One device between meter and substation."""

    kind: str
    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Nearby:
    """Open orders of customers below one device, newest first."""

    code: str
    count: int
    order_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class SupplyPoint:
    """Where a customer is supplied. `line`: transformer first, substation last."""

    premise_id: UUID
    address_zh: str
    address_en: str | None
    area_class: str
    lat: float | None
    lon: float | None
    meter: str
    region: RegionOf | None
    line: list[LineNode]
    on_transformer: Nearby | None
    on_feeder: Nearby | None


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that is not closed. `because`: customer, premise or phone connects it."""

    id: UUID
    number: str
    state: str
    fault_code: str
    urgency: int
    filed_at: datetime
    centre_id: UUID | None
    place: str | None
    place_en: str | None
    because: str


@dataclass(frozen=True, slots=True)
class Contact:
    """An earlier call or ticket. `kind`: call, ticket; `state`: of the call."""

    kind: str
    id: UUID
    at: datetime
    state: str | None
    ticket_id: UUID | None
    ticket_kind: str | None
    order_id: UUID | None
    order_number: str | None


@dataclass(frozen=True, slots=True)
class CustomerNote:
    """What somebody wrote down about a customer."""

    words: str
    pinned: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class CallerContext:
    """A customer of the phone that calls. `notes`: pinned ones first, then the newest."""

    customer_id: UUID
    number: str
    name_zh: str
    name_en: str | None
    importance: str
    verified: bool
    points: list[SupplyPoint]
    orders: list[OpenOrder]
    contacts: list[Contact]
    notes: list[CustomerNote]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `number`: E.164, or None; orders and contacts are those of that phone."""

    number: str | None
    customers: list[CallerContext] = field(default_factory=list)
    orders: list[OpenOrder] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
