"""Where vehicles were: the track of one as a file, all of them on a grid."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, StreamingResponse

from api.datum import AskedDatum
from api.routes.fleet import LONGEST, Viewer, demand_span
from api.routes.reports import End, Start
from api.schemas_fleet import HeatGrid
from core.db import read_session
from core.errors import InvalidField
from core.settings import settings
from dashboards.heat import heat
from dashboards.movements import demand_vehicle
from dashboards.track_files import KINDS, Asked, Format, file_name
from dashboards.tracks import stored

router = APIRouter(tags=["fleet"])
LONGEST_HEAT = timedelta(days=31)
CHUNK = 64 * 1024
"""Characters that are sent at once; each sending is a turn of a thread."""
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {
            "application/geo+json": {},
            "application/gpx+xml": {},
            "text/csv": {},
        },
    }
}


@router.get("/api/vehicles/{vehicle_id}/track", response_class=StreamingResponse, responses=FILES)
def track(
    principal: Viewer,
    vehicle_id: UUID,
    since: Start,
    until: End,
    form: Annotated[Format, Query(alias="format", description="Of the file.")] = "geojson",
    every: Annotated[
        bool, Query(description="With the positions that do not count, each with its rule.")
    ] = False,
    datum: AskedDatum = "wgs84",
) -> StreamingResponse:
    """The stored positions of a vehicle, of up to eight days; GPX is in WGS-84 alone."""
    demand_span(since, until, LONGEST)
    if form == "gpx" and datum != "wgs84":
        raise InvalidField("query.datum", "GPX is in wgs84 alone", "GPX 只能用 wgs84")
    with read_session() as session:
        vehicle = demand_vehicle(session, principal.org_id, principal.access, vehicle_id)
        plate = vehicle.plate
    asked = Asked(plate, since, until, datum, ZoneInfo(settings().timezone), every)
    seen = stored(principal.org_id, vehicle_id, since, until, every=every)
    kind = KINDS[form]
    name = quote(file_name(asked, form), safe="")
    return StreamingResponse(
        _gathered(kind.write(asked, seen)),
        media_type=kind.media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


def _gathered(texts: Iterable[str]) -> Iterator[str]:
    kept: list[str] = []
    size = 0
    for text in texts:
        kept.append(text)
        size += len(text)
        if size >= CHUNK:
            yield "".join(kept)
            kept, size = [], 0
    if kept:
        yield "".join(kept)


@router.get("/api/fleet/heat", response_model=HeatGrid)
def heat_grid(
    principal: Viewer,
    since: Start,
    until: End,
    vehicle_id: Annotated[UUID | None, Query(description="Empty: all that one may see.")] = None,
) -> JSONResponse:
    """On a grid, where vehicles were in up to 31 days; a centre sees its own."""
    demand_span(since, until, LONGEST_HEAT)
    with read_session() as session:
        found = heat(session, principal.org_id, principal.access, since, until, vehicle_id)
    return JSONResponse(found)
