"""Bodies and answers of the API about the organisation, its people and the roster."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from api.schemas import Body, Moment, Named, OneLine
from core.rights import Role
from gps.protocols.registry import PROTOCOLS

UnitKind = Literal["hotline", "centre", "department", "crew"]
ShiftKind = Literal["day", "night", "early", "late", "standby"]
Trade = Literal["any", "community_service", "low_voltage", "medium_voltage"]
Voltage = Literal["0.4", "10", "35", "110"]
Reason = Literal["reorganised", "left", "transferred", "security", "mistake", "other"]
ROLE_CODES = ("agent", "shift_lead", "dispatcher", "crew", "supervisor", "administrator")
RoleCode = Literal["agent", "shift_lead", "dispatcher", "crew", "supervisor", "administrator"]
assert tuple(Role) == ROLE_CODES


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _once(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


Name = Annotated[str, Field(min_length=1, max_length=80), OneLine]
Code = Annotated[
    str,
    BeforeValidator(_stripped),
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,29}$", examples=["east-4"]),
]
Phone = Annotated[str, BeforeValidator(_stripped), Field(max_length=30, examples=["010-61234567"])]
Voltages = Annotated[list[Voltage], Field(max_length=4), AfterValidator(_once)]
Trades = Annotated[list[Trade], Field(max_length=4), AfterValidator(_once)]
Version = Annotated[
    int, Field(ge=1, le=2**62, description="The version that was seen; 409 where it has moved on.")
]


class UnitBody(Body):
    """A unit. `trade` and `voltage_classes` are of crews."""

    kind: UnitKind = Field(examples=["crew"])
    code: Code
    name_zh: Name = Field(examples=["城东四班"])
    name_en: Name = Field(examples=["East crew 4"])
    site: Code = Field(description="Building; equal sites share an office.", examples=["east"])
    parent_id: UUID | None = None
    phone: Phone | None = Field(None, description="Duty phone of its desk, any format.")
    trade: Trade | None = None
    voltage_classes: Voltages = Field(
        default_factory=list, description="kV; none: whatever its trade takes."
    )


class UnitChange(UnitBody):
    version: Version


class Seen(Body):
    version: Version = Field(examples=[1])


class Deactivation(Body):
    version: Version
    reason: Reason = Field(examples=["reorganised"])


class MemberBody(Body):
    unit_id: UUID
    name: Name = Field(examples=["马建国"])
    staff_number: Code = Field(examples=["DW-1021"])
    phone: Phone | None = Field(None, description="Duty phone, any format.")
    user_id: UUID | None = Field(None, description="The login of this person, if any.")
    trades: Trades = Field(default_factory=list)
    voltage_classes: Voltages = Field(default_factory=list)
    leader_rank: Literal[1, 2] | None = Field(
        None, description="Leader who is telephoned first or second; one of each per unit."
    )
    active: bool = True


class MemberChange(MemberBody):
    version: Version


class ShiftBody(Body):
    unit_id: UUID
    member_id: UUID | None = Field(None, description="Empty: the whole unit.")
    kind: ShiftKind = Field(examples=["day"])
    starts_at: Moment = Field(examples=["2099-01-01T08:00:00+08:00"])
    ends_at: Moment = Field(
        description="Not included: the next shift may begin then. At most 48 hours later.",
        examples=["2099-01-01T20:00:00+08:00"],
    )


class ShiftChange(ShiftBody):
    version: Version


class PatternBody(Body):
    """A week that repeats; times by the operator's clock."""

    unit_id: UUID
    member_ids: Annotated[list[UUID], Field(max_length=200), AfterValidator(_once)] = Field(
        default_factory=list, description="None: the whole unit."
    )
    kind: ShiftKind = Field(examples=["day"])
    weekdays: Annotated[
        list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1, max_length=7)
    ] = Field(description="0 is Monday.", examples=[[0, 1, 2, 3, 4]])
    begins: Annotated[time, AfterValidator(lambda at: at.replace(tzinfo=None))] = Field(
        examples=["08:00"]
    )
    ends: Annotated[time, AfterValidator(lambda at: at.replace(tzinfo=None))] = Field(
        description="Not after the beginning: of the next day.", examples=["20:00"]
    )
    first: date = Field(ge=date(1971, 1, 1), le=date(2198, 1, 1), examples=["2099-01-01"])
    last: date = Field(
        description="Included.", ge=date(1971, 1, 1), le=date(2198, 1, 1), examples=["2099-01-31"]
    )


class UserBody(Body):
    login: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{1,63}$")] = Field(
        examples=["wang.gong"]
    )
    name: Name = Field(examples=["王工"])
    role: RoleCode = Field(examples=["dispatcher"])
    unit_id: UUID


class UserChange(UserBody):
    version: Version


class VehicleBody(Body):
    plate: Annotated[str, BeforeValidator(_stripped), Field(min_length=1, max_length=20)] = Field(
        examples=["京A·D4101"]
    )
    crew_id: UUID | None = None


class VehicleChange(VehicleBody):
    version: Version


def _known(protocol: str) -> str:
    if protocol not in PROTOCOLS:
        raise ValueError("no such protocol")
    return protocol


DeviceProtocol = Annotated[
    str, AfterValidator(_known), Field(json_schema_extra={"enum": sorted(PROTOCOLS)})
]


class DeviceBody(Body):
    kind: Literal["terminal", "phone"] = "terminal"
    protocol: DeviceProtocol = "jt808"
    identity: Annotated[
        str, BeforeValidator(_stripped), Field(min_length=1, max_length=80), OneLine
    ] = Field(
        description="As the device says it, mostly its IMEI. Of JT/T 808 its digits, up to 20;"
        " leading zeros do not count there.",
        examples=["13800004101"],
    )
    vehicle_id: UUID | None = None
    time_zone: Annotated[str, Field(max_length=40)] | None = Field(
        None,
        description="Of its clock, a name or an offset; empty: PAIDAN_JT808_TIMEZONE, of other"
        " protocols as they say.",
        examples=["+05:30"],
    )
    datum: Literal["wgs84", "gcj02", "bd09"] = Field(
        "wgs84", description="Map system of the positions that it sends."
    )
    model: Annotated[str, Field(max_length=40)] = Field(
        "",
        description="Where its protocol reads the messages of some models otherwise.",
        examples=["MVT380"],
    )
    note: Annotated[str, Field(max_length=500)] = ""


class DeviceChange(DeviceBody):
    version: Version


class PersonRow(BaseModel):
    id: UUID
    unit_id: UUID
    name: str
    phone: str | None
    leader_rank: int | None


class DutyRow(BaseModel):
    """Who answers for a unit at a moment."""

    unit_id: UUID
    on_duty: bool
    always: bool = Field(
        description="Its roster says nothing about the moment, so it counts as on duty."
    )
    until: datetime | None = Field(description="End of the present shift.")
    kinds: list[str]
    phone: str | None = Field(
        description="Its own duty phone, else that of who is on duty, else that of the unit above."
    )
    members: list[PersonRow]
    leaders: list[PersonRow] = Field(description="By rank; those above where it has none.")


class UnitRow(BaseModel):
    id: UUID
    parent_id: UUID | None
    centre_id: UUID | None
    kind: UnitKind
    code: str
    name_zh: str
    name_en: str
    site: str
    phone: str | None
    active: bool
    version: int
    trade: str | None
    voltage_classes: list[str]
    away_reason: str | None
    members: int
    duty: DutyRow


class OrganisationTree(BaseModel):
    """Units by code, and the codes that forms need."""

    at: datetime
    units: list[UnitRow]
    shift_kinds: list[Named]
    voltage_classes: list[Named]
    reasons: list[Named]


class MemberRow(BaseModel):
    id: UUID
    unit_id: UUID
    user_id: UUID | None
    login: str | None
    name: str
    staff_number: str
    phone: str | None
    trades: list[str]
    voltage_classes: list[str]
    leader_rank: int | None
    active: bool
    version: int


class ShiftRow(BaseModel):
    id: UUID
    unit_id: UUID
    member_id: UUID | None
    kind: str
    starts_at: datetime
    ends_at: datetime
    version: int


class Made(BaseModel):
    """Shifts that a pattern made."""

    count: int
    ids: list[UUID]


class Removed(BaseModel):
    id: UUID


class AccountRow(BaseModel):
    id: UUID
    login: str
    name: str
    role: str
    unit_id: UUID
    active: bool
    locked_until: datetime | None
    version: int


class AccountAnswer(AccountRow):
    password: str | None = Field(
        description="The new password, told this once; null where the request is repeated."
    )


class TerminalRow(BaseModel):
    id: UUID
    kind: str
    protocol: str
    identity: str
    vehicle_id: UUID | None
    registered_at: datetime | None
    last_seen_at: datetime | None
    connected: bool
    active: bool
    version: int


class FleetRow(BaseModel):
    id: UUID
    plate: str
    crew_id: UUID | None
    active: bool
    version: int
    devices: list[TerminalRow]
