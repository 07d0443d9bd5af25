"""Bodies of answers about devices: what became of their positions, and strangers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import Body, Named
from api.schemas_roster import TerminalRow, Version


class CodeBody(Body):
    version: Version
    code: Annotated[str, Field(pattern=r"^[!-~]{4,64}$")] | None = Field(
        None, description="One that the terminal has already; empty: a new one when it registers."
    )


class IgnoreBody(Body):
    protocol: Annotated[str, Field(max_length=20, examples=["jt808"])]
    identity: Annotated[str, Field(max_length=80)]
    ignored: bool = Field(True, description="False: it may knock again.")


class RulingBody(Body):
    ruling: Literal["replaced", "dismissed"] = Field(
        description="`replaced`: the terminal that registered last is the device from now on.",
        examples=["replaced"],
    )


class RegistryRow(TerminalRow):
    """A device as the registry knows it. Its code is never told."""

    time_zone: str | None = Field(description="Of its clock; null: that of the settings.")
    datum: str
    model: str
    note: str
    told: dict[str, Any] = Field(description="What it said of itself: maker, model, plate…")
    address: str | None = Field(description="Where it connected from last.")
    gateway: str | None
    has_code: bool = Field(description="Whether it has a code; without one it must register.")
    capability: dict[str, Any] = Field(description="What it has refused: false.")
    clock_off_min: int | None = Field(
        description="Minutes that its clock is constantly behind ours; null: not known."
    )
    suggested_time_zone: str | None = Field(description="The zone that would put its clock right.")
    contests: int = Field(description="Open contests about its identity.")


class ContestRow(BaseModel):
    """Somebody else speaks with a device's identity."""

    id: UUID
    device_id: UUID
    identity: str
    kind: Named
    first_at: datetime
    last_at: datetime
    times: int
    claim: dict[str, Any] = Field(description="What the other one said of itself.")
    told: dict[str, Any] = Field(description="What the device said of itself.")
    addresses: list[str]
    closed_at: datetime | None
    ruling: str | None


class CountRow(BaseModel):
    reason: Named
    fixes: int


class DroppedRow(BaseModel):
    """What one rule kept out of storage on a day; the last one as example."""

    day: date = Field(description="UTC day of receipt.")
    reason: Named
    fixes: int
    last_received_at: datetime
    last_fix_at: datetime | None = Field(description="Null: it had no time.")
    last_lat: float
    last_lon: float


class FixRow(BaseModel):
    """One stored position. Three clocks: of the position, of its sending, ours."""

    fix_at: datetime
    sent_at: datetime | None
    received_at: datetime
    lat: float = Field(description="WGS-84")
    lon: float
    speed_kmh: float
    course_deg: int
    ignition: bool | None = Field(description="Null: the device does not tell.")
    accuracy_m: float | None = Field(description="Null: the device does not tell.")
    shown: bool = Field(description="Whether it counts: shown live, seen by departure and arrival.")
    reason: Named = Field(description="Why, or why not.")
    instead: UUID | None = Field(description="Of one beside: the device that counted.")


class ShownBy(BaseModel):
    fix_at: datetime
    device_id: UUID = Field(
        description="Whose position it is; another one in the vehicle, perhaps."
    )
    quiet_at: datetime = Field(description="From then on it is unknown, without another word.")


class DeviceFixes(BaseModel):
    device: RegistryRow
    counts: list[CountRow] = Field(description="Stored positions of that time, by rule.")
    dropped: list[DroppedRow] = Field(description="Not stored, newest day first.")
    fixes: list[FixRow] = Field(description="Newest first, at most 1,000.")
    position: ShownBy | None = Field(description="What its vehicle is shown by; null: nothing.")


class StrangerRow(BaseModel):
    """An identity that no organisation knows. It becomes a device by POST /api/devices."""

    protocol: str
    identity: str
    first_seen_at: datetime
    last_seen_at: datetime
    tries: int
    told: dict[str, Any] = Field(description="What it said of itself when it registered.")
    address: str | None
    ignored_at: datetime | None = Field(description="Since when it is refused for good.")
    waiting: int = Field(description="Its positions in quarantine.")
    last_fix_at: datetime | None
    last_lat: float | None
    last_lon: float | None


class RowProblemRow(BaseModel):
    row: int = Field(description="As a spreadsheet counts: the header is row 1.")
    field: str
    zh: str
    en: str


class DeviceImport(BaseModel):
    """What the rows of a table did, or would do."""

    dry_run: bool
    rows: int
    added: int
    changed: int
    same: int
    rejected: int
    problems: list[RowProblemRow] = Field(description="Of refused rows, at most 200.")
