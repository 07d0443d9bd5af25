"""What vehicles did: trips, stops, distance, ignition, track; and the fences they pass."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from api.datum import AskedDatum, features_in, geometry_in
from api.deps import Need, Writer, writer
from api.routes.reports import End, Start
from api.schemas import Body
from api.schemas_fleet import (
    DistanceRow,
    FenceBody,
    FenceChange,
    FenceRow,
    FencesImport,
    FencesImported,
    FleetVehicle,
    VehicleDay,
)
from api.schemas_roster import Seen
from core.clock import now
from core.coordinates import Datum
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards import movements as shown
from dispatch.fences import repository, service
from dispatch.fences.service import FenceValues
from gps.geojson import to_geometry
from gps.movement_models import Fence
from gps.shapes import shape_of

router = APIRouter(tags=["fleet"])
Viewer = Annotated[Principal, Depends(Need(Right.FLEET_VIEW))]
Drawer = Annotated[Writer, writer(Right.FENCE_MANAGE)]
LONGEST = timedelta(days=8)
LONGEST_SUM = timedelta(days=100)


@router.get("/api/fleet", response_model=list[FleetVehicle])
def fleet(principal: Viewer) -> JSONResponse:
    """Vehicles in use, what each does, and how far it drove today; a centre sees its own."""
    with read_session() as session:
        return JSONResponse(shown.fleet_rows(session, principal.org_id, principal.access, now()))


@router.get("/api/vehicles/{vehicle_id}/movements", response_model=VehicleDay)
def movements(principal: Viewer, vehicle_id: UUID, since: Start, until: End) -> JSONResponse:
    """Trips, stops, silences, ignition, fences passed and the track of up to eight days."""
    demand_span(since, until, LONGEST)
    with read_session() as session:
        day = shown.vehicle_day(
            session, principal.org_id, principal.access, vehicle_id, since, until
        )
    return JSONResponse(day)


@router.get("/api/reports/distance", response_model=list[DistanceRow])
def distances(principal: Viewer, since: Start, until: End) -> JSONResponse:
    """Way driven, time on the way and idling per vehicle and day, of up to 100 days."""
    demand_span(since, until, LONGEST_SUM)
    with read_session() as session:
        rows = shown.daily_distances(session, principal.org_id, principal.access, since, until)
    return JSONResponse(rows)


@router.get("/api/fences", response_model=list[FenceRow])
def fences(principal: Viewer) -> JSONResponse:
    """Fences for all, and a centre's own; those out of use too."""
    with read_session() as session:
        found = repository.fences(session, principal.org_id, principal.access)
        return JSONResponse([shown.fence_row(one) for one in found])


@router.get("/api/fences.geojson")
def fences_geojson(principal: Viewer, datum: AskedDatum = "wgs84") -> JSONResponse:
    """The fences in use as a FeatureCollection that the import takes."""
    with read_session() as session:
        found = repository.fences(session, principal.org_id, principal.access)
        features = [_feature(one, datum) for one in found if one.active]
    return JSONResponse({"type": "FeatureCollection", "features": features})


@router.post("/api/fences", status_code=201, response_model=FenceRow)
def draw_fence(body: FenceBody, write: Drawer) -> JSONResponse:
    """A new fence. Who is inside already does not enter it."""
    return _saved(write, body, None, 0, 201)


@router.post("/api/fences/import", response_model=FencesImported)
def import_fences(body: FencesImport, write: Drawer) -> JSONResponse:
    """All fences of a GeoJSON collection, or none of them."""
    access, geojson = write.principal.access, features_in(body.geojson, body.datum)

    def act(uow: UnitOfWork) -> dict[str, Any]:
        found = service.import_fences(uow, access, geojson, body.unit_id)
        uow.flush()
        rows = [_row(uow, id_) for id_ in found]
        return {"fences": rows}

    return write.run(body, act)


@router.post("/api/fences/{fence_id}", response_model=FenceRow)
def change_fence(fence_id: UUID, body: FenceChange, write: Drawer) -> JSONResponse:
    """Another form, name, purpose, or other vehicles."""
    return _saved(write, body, fence_id, body.version)


@router.post("/api/fences/{fence_id}/deactivate", response_model=FenceRow)
def deactivate_fence(fence_id: UUID, body: Seen, write: Drawer) -> JSONResponse:
    """Out of use: nothing is told of it any more; what was told stays."""
    return _active(write, body, fence_id, active=False)


@router.post("/api/fences/{fence_id}/activate", response_model=FenceRow)
def activate_fence(fence_id: UUID, body: Seen, write: Drawer) -> JSONResponse:
    """Back into use."""
    return _active(write, body, fence_id, active=True)


def _saved(
    write: Writer, body: FenceBody, fence_id: UUID | None, version: int, status: int = 200
) -> JSONResponse:
    chosen = body.vehicle_ids
    values = FenceValues(
        code=body.code,
        name_zh=body.name_zh,
        name_en=body.name_en,
        purpose=body.purpose,
        shape=body.shape.model_dump(exclude_none=True),
        unit_id=body.unit_id,
        vehicle_ids=tuple(chosen) if chosen is not None else None,
    )

    def use_case(uow: UnitOfWork) -> UUID:
        return service.save_fence(uow, write.principal.access, fence_id, values, version)

    return _fence(write, body, use_case, status)


def _active(write: Writer, body: Seen, fence_id: UUID, *, active: bool) -> JSONResponse:
    def use_case(uow: UnitOfWork) -> UUID:
        access, seen = write.principal.access, body.version
        return service.set_fence_active(uow, access, fence_id, active=active, version=seen)

    return _fence(write, body, use_case)


def _fence(
    write: Writer, body: Body, use_case: Callable[[UnitOfWork], UUID], status: int = 200
) -> JSONResponse:
    def act(uow: UnitOfWork) -> dict[str, Any]:
        id_ = use_case(uow)
        uow.flush()
        return _row(uow, id_)

    return write.run(body, act, status)


def _row(uow: UnitOfWork, fence_id: UUID) -> dict[str, Any]:
    found = uow.session.get(Fence, (uow.org_id, fence_id))
    assert found is not None
    return shown.fence_row(found)


def _feature(one: Fence, datum: Datum) -> dict[str, Any]:
    geometry, sizes = to_geometry(shape_of(one.shape))
    names = ("code", "name_zh", "name_en", "purpose")
    properties = {name: getattr(one, name) for name in names} | sizes
    geometry["coordinates"] = geometry_in(geometry["coordinates"], "wgs84", datum)
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def demand_span(since: datetime, until: datetime, longest: timedelta) -> None:
    """Refuse a span that is empty, turned round or too long."""
    if not timedelta(0) < until - since <= longest:
        raise InvalidField(
            "query.from",
            f"before `to`, and at most {longest.days} days earlier",
            f"须早于 to，且不超过 {longest.days} 天",
        )
