"""Bodies and answers about what vehicles did, and about fences."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.datum import InDatum
from api.schemas import Body, Named
from api.schemas_roster import Code, Name, Version
from core.coordinates import Datum

Purpose = Literal["base", "depot", "zone", "no_go", "customer_site", "other"]
Lat = Annotated[float, Field(ge=-90, le=90, examples=[30.66])]
Lon = Annotated[float, Field(ge=-180, le=180, examples=[104.06])]
LatLon = Annotated[tuple[Lat, Lon], Field(description="Latitude, longitude.")]


class ShapeBody(InDatum):
    """A circle has `lat`, `lon`, `radius_m`; a polygon `points`; a corridor `points`, `width_m`."""

    kind: Literal["circle", "polygon", "corridor"] = Field(examples=["circle"])
    lat: Lat | None = None
    lon: Lon | None = None
    radius_m: float | None = Field(None, gt=0, le=100_000, examples=[150])
    points: list[LatLon] | None = Field(None, min_length=2, max_length=2000)
    width_m: float | None = Field(
        None, gt=0, le=10_000, description="Both sides together.", examples=[60]
    )


class FenceBody(Body):
    """A fence. `unit_id` null: no centre's own; `vehicle_ids` null: all, or all of the centre."""

    code: Code = Field(examples=["depot-east"])
    name_zh: Name = Field(examples=["城东车场"])
    name_en: Name = Field(examples=["East depot"])
    purpose: Purpose = Field(examples=["depot"])
    shape: ShapeBody = Field(
        examples=[{"kind": "circle", "lat": 30.66, "lon": 104.06, "radius_m": 150}]
    )
    unit_id: UUID | None = None
    vehicle_ids: Annotated[list[UUID], Field(max_length=5000)] | None = None


class FenceChange(FenceBody):
    version: Version


class FencesImport(Body):
    """GeoJSON FeatureCollection; properties `code`, `name_zh`, `name_en`, `purpose`, and `radius_m`
    of a point, `width_m` (or `half_width_m`) of a line. Known codes are changed, others made.
    """

    datum: Datum = Field("wgs84", description="Map system of its coordinates.")
    geojson: dict[str, Any] = Field(
        examples=[
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {
                            "code": "yard-1",
                            "name_zh": "一号车场",
                            "name_en": "Yard 1",
                            "purpose": "base",
                            "radius_m": 120,
                        },
                        "geometry": {"type": "Point", "coordinates": [104.06, 30.66]},
                    }
                ],
            }
        ]
    )
    unit_id: UUID | None = None


class FenceRow(BaseModel):
    id: UUID
    code: str
    name_zh: str
    name_en: str
    purpose: Purpose
    shape: ShapeBody
    unit_id: UUID | None = Field(description="Null: no centre's own.")
    vehicle_ids: list[UUID] | None = Field(description="Null: all, or all of the centre.")
    active: bool
    version: int


class FencesImported(BaseModel):
    fences: list[FenceRow]


class FleetVehicle(BaseModel):
    """A vehicle in use. `doing` null: nothing is known of it."""

    id: UUID
    plate: str
    crew: Named | None
    centre_id: UUID | None
    fix_at: datetime | None
    quiet_at: datetime | None = Field(description="Where it is is unknown from then on.")
    lat: float | None
    lon: float | None
    doing: Literal["trip", "stop"] | None
    since: datetime | None
    distance_m: int = Field(description="Driven since local midnight.")
    trips: int = Field(description="That are over, since local midnight.")


class MovementRow(BaseModel):
    kind: Literal["trip", "stop", "silence", "ignition_on", "ignition_off"]
    started_at: datetime
    ended_at: datetime = Field(description="Of an open one: the last position.")
    open: bool = Field(description="Not over yet.")
    lat: float
    lon: float
    end_lat: float
    end_lon: float
    distance_m: float
    moving_s: int
    idle_s: int = Field(description="At rest with the engine on, where the terminal tells it.")
    unseen_s: int = Field(description="In gaps of more than two minutes between positions.")
    longest_gap_s: int
    start_unsure_s: int = Field(description="Length of the gap that the start lies in.")
    end_unsure_s: int
    revised_at: datetime | None = Field(description="Corrected by positions that came late.")


class PassageRow(BaseModel):
    """A fence entered, left, or crossed between two positions outside."""

    kind: Literal["enter", "exit", "cross"]
    at: datetime
    uncertainty_s: int
    fence_id: UUID
    code: str
    name_zh: str
    name_en: str
    purpose: Purpose
    lat: float
    lon: float


class TrackPiece(BaseModel):
    """A part of the way that was seen without a gap of more than two minutes."""

    from_: datetime = Field(alias="from")
    to: datetime
    points: list[tuple[Lat, Lon, int]] = Field(description="With seconds after `from`.")


class VehicleDay(BaseModel):
    vehicle_id: UUID
    from_: datetime = Field(alias="from")
    to: datetime
    last_fix_at: datetime | None
    movements: list[MovementRow] = Field(description="Trips, stops, silences; the open one last.")
    ignition: list[MovementRow]
    distance_m: int
    moving_s: int
    idle_s: int
    unseen_s: int
    passages: list[PassageRow]
    track: list[TrackPiece]


class DistanceRow(BaseModel):
    """A vehicle on a local day; a trip belongs to the day in which it began."""

    vehicle_id: UUID
    plate: str
    day: date
    distance_m: int
    moving_s: int
    idle_s: int
    unseen_s: int
    trips: int
    stops: int


class HeatGrid(BaseModel):
    """Where vehicles were. Cells that are not named were not seen by any of them."""

    from_: datetime = Field(alias="from")
    to: datetime
    cell_m: float = Field(description="Height and width of a cell.")
    height_deg: float = Field(description="The same in degrees of latitude.")
    cells_seen: int = Field(description="All of them; `cells` holds at most 20,000.")
    cells: list[tuple[float, float, float, int]] = Field(
        description="South, west and east edge in degrees WGS-84, positions; most of them first."
    )
