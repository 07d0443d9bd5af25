"""Who calls, which region a place lies in, the ground map."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response

from api.deps import Need
from api.schemas_directory import BaseMapAnswer, CallerAnswer, RegionRow
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from dashboards.seen import caller_seen, viewer_of
from dispatch.directory import repository, service
from dispatch.directory.callers import Caller, RegionOf

router = APIRouter(tags=["directory"])
NO_MAP = {"type": "FeatureCollection", "features": []}
_NO_MAP_TAG = '"none"'


@router.get("/api/callers", response_model=CallerAnswer)
def callers(
    principal: Annotated[Principal, Depends(Need(Right.CALL_VIEW))],
    number: Annotated[str, Query(min_length=1, max_length=40, description="In any format.")],
) -> Caller:
    """What is known of a phone: its customers with line and open orders, its earlier calls."""
    if "\x00" in number:
        raise InvalidField("query.number", "must not contain NUL characters", "不得含 NUL")
    with read_session() as session:
        found = service.who_calls(session, principal.org_id, number)
    return caller_seen(found, viewer_of(principal).eyes)


@router.get("/api/regions", response_model=list[RegionRow])
def regions(
    principal: Annotated[Principal, Depends(Need(Right.BOARD))],
    lat: Annotated[float | None, Query(ge=-90, le=90, description="WGS-84, with lon")] = None,
    lon: Annotated[float | None, Query(ge=-180, le=180, description="WGS-84, with lat")] = None,
) -> list[RegionOf]:
    """All regions with the centre that repairs there; with a point, the one that holds it."""
    if (lat is None) != (lon is None):
        missing = "lat" if lat is None else "lon"
        raise InvalidField(f"query.{missing}", "missing beside the other one", "经纬度须同时填写")
    with read_session() as session:
        if lat is None or lon is None:
            return service.regions(session, principal.org_id)
        found = service.region_of(session, principal.org_id, lat, lon)
        return [found] if found is not None else []


@router.get(
    "/api/map",
    response_model=BaseMapAnswer,
    responses={304: {"description": "You have it: the ETag is the same"}},
)
def base_map(
    principal: Annotated[Principal, Depends(Need(Right.SELF))],
    if_none_match: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """The organisation's ground map; without one, an empty collection."""
    with read_session() as session:
        digest = repository.map_digest(session, principal.org_id)
        tag = f'"{digest}"' if digest else _NO_MAP_TAG
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if tag in _tags(if_none_match):
            return Response(status_code=304, headers=headers)
        kept = repository.base_map(session, principal.org_id)
    document: dict[str, Any] = kept.document if kept is not None else NO_MAP
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(content, media_type="application/json", headers=headers)


def _tags(header: str | None) -> list[str]:
    """The tags of If-None-Match; a cache in between may have made them weak."""
    return [one.strip().removeprefix("W/") for one in (header or "").split(",")]
